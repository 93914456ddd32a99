/** Both losses of a job as a small chart, with a text that says the same. */
import { TranslationBundle } from '@jupyterlab/translation';
import { IJob, Point } from './overview.js';
import { lossText } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';
/** The chart's own units; it is stretched to the width of the panel. */
const WIDTH = 200;
const HEIGHT = 40;
const MARGIN = 3;

export class SparkLine {
  readonly node = document.createElementNS(SVG, 'svg');

  constructor(private readonly trans: TranslationBundle) {
    this.node.setAttribute('class', 'ftw-spark');
    this.node.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    this.node.setAttribute('preserveAspectRatio', 'none');
    this.node.setAttribute('role', 'img');
    this.valid.setAttribute('class', 'ftw-spark-valid');
    this.train.setAttribute('class', 'ftw-spark-train');
    this.node.append(this.train, this.valid);
  }

  /** Draw the curves of a job; without points there is no chart. */
  update(job: Pick<IJob, 'train' | 'valid'>): void {
    const points = [...job.train, ...job.valid];
    this.node.toggleAttribute('hidden', points.length === 0);
    if (points.length === 0) {
      return;
    }
    const losses = points.map(([, loss]) => loss);
    const lowest = Math.min(...losses);
    const range = Math.max(...losses) - lowest || 1;
    const lastStep = Math.max(1, ...points.map(([step]) => step));
    const place = ([step, loss]: Point) => {
      const x = MARGIN + ((WIDTH - 2 * MARGIN) * step) / lastStep;
      const y = HEIGHT - MARGIN - ((HEIGHT - 2 * MARGIN) * (loss - lowest)) / range;
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    };
    // A line from a single point to itself has round ends: a dot.
    const line = (curve: Point[]) => (curve.length === 1 ? [curve[0], curve[0]] : curve).map(place).join(' ');
    this.train.setAttribute('points', line(job.train));
    this.valid.setAttribute('points', line(job.valid));
    this.node.setAttribute('aria-label', this.describe(job));
  }

  private describe({ train, valid }: Pick<IJob, 'train' | 'valid'>): string {
    const ends = (curve: Point[]) => [curve[0][1], curve[curve.length - 1][1]].map(lossText);
    const parts = [];
    if (train.length) {
      const [first, last] = ends(train);
      parts.push(this.trans.__('Training loss from %1 to %2.', first, last));
    }
    if (valid.length) {
      const [first, last] = ends(valid);
      parts.push(this.trans.__('Validation loss from %1 to %2.', first, last));
    }
    return parts.join(' ');
  }

  private readonly train = document.createElementNS(SVG, 'polyline');
  private readonly valid = document.createElementNS(SVG, 'polyline');
}
