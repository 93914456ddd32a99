/** Tells the reader when a job that was seen at work has succeeded or failed. */
import { Notification } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import { FineTuningModel } from './model.js';
import { lossText } from './words.js';

/** Milliseconds for which the news of a success stays; a failure stays until it is closed. */
const SHOWN = 10_000;

/** Show a notification for each job that ends, while `wanted` says so. */
export function notifyOfEnds(
  model: FineTuningModel,
  trans: TranslationBundle,
  wanted: () => boolean,
  openPanel: () => void
): void {
  const actions = [{ label: trans.__('Show'), callback: openPanel }];
  model.ended.connect((_, job) => {
    if (!wanted()) {
      return;
    }
    if (job.status === 'failed') {
      Notification.error(trans.__('"%1" failed. %2', job.name, job.error ?? ''), { actions, autoClose: false });
      return;
    }
    const { name, train_loss, valid_loss } = job;
    let text = trans.__('"%1" is trained.', name);
    if (valid_loss !== null) {
      text = trans.__('"%1" is trained, validation loss %2.', name, lossText(valid_loss));
    } else if (train_loss !== null) {
      text = trans.__('"%1" is trained, training loss %2.', name, lossText(train_loss));
    }
    Notification.success(text, { actions, autoClose: SHOWN });
  });
}
