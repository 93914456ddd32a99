import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FineTuningModel } from '../lib/model.js';
import { applies } from '../lib/overview.js';
import { job, overview, tuned } from './samples.mjs';

function watched() {
  const model = new FineTuningModel();
  const seen = { changes: 0, ended: [] };
  model.changed.connect(() => seen.changes++);
  model.ended.connect((_, ended) => seen.ended.push(`${ended.id} ${ended.status}`));
  return { model, seen };
}

test('a job that did not change stays the same object; one that did, in a point of its curve, does not', () => {
  const { model, seen } = watched();
  model.update(overview([job('2'), job('1')], [tuned('ft:1')]));
  const [second, first] = model.jobs;
  const [kept] = model.models;
  model.update(overview([job('2', { train: [[1, 2.1], [12, 0.32]] }), job('1')], [tuned('ft:1')]));
  assert.notEqual(model.jobs[0], second);
  assert.equal(model.jobs[1], first);
  assert.equal(model.models[0], kept);
  assert.equal(seen.changes, 2);
});

test('the same overview again changes nothing; another order, a job that went and a model that came do', () => {
  const { model, seen } = watched();
  const steps = [
    [[job('2'), job('1')], []],
    [[job('2'), job('1')], []],
    [[job('1'), job('2')], []],
    [[job('1')], []],
    [[job('1')], [tuned('ft:1')]]
  ];
  const changes = steps.map(([jobs, models]) => {
    model.update(overview(jobs, models));
    return seen.changes;
  });
  assert.deepEqual(changes, [1, 1, 2, 3, 4]);
});

test('a job that was seen unfinished and ends is told once, and one that had ended before is not', () => {
  const { model, seen } = watched();
  model.update(overview([job('5'), job('4', { status: 'queued' }), job('3'), job('2', { status: 'failed' })]));
  const after = [job('6', { status: 'succeeded' }), job('5', { status: 'succeeded' }), job('4', { status: 'failed' })];
  for (let i = 0; i < 2; i++) {
    model.update(overview([...after, job('3', { status: 'cancelled' }), job('2', { status: 'failed' })]));
  }
  assert.deepEqual(seen.ended, ['5 succeeded', '4 failed']);
});

test('a job that ended while the server was away is told when it is back', () => {
  const { model, seen } = watched();
  model.update(overview([job('1')]));
  model.disconnect('lost');
  assert.equal(model.jobs[0].status, 'running');
  model.update(overview([job('1', { status: 'succeeded' })]));
  assert.deepEqual(seen.ended, ['1 succeeded']);
});

test('losing the connection is a change once, and so is its return', () => {
  const { model, seen } = watched();
  model.update(overview());
  model.disconnect('lost');
  model.disconnect('lost');
  assert.deepEqual([model.connection, seen.changes], ['lost', 2]);
  model.update(overview());
  assert.deepEqual([model.connection, seen.changes], ['live', 3]);
});

test('a command without an id finds the newest job to which it applies', () => {
  const { model } = watched();
  const jobs = [job('4', { status: 'succeeded' }), job('3', { status: 'paused' }), job('2'), job('1')];
  model.update(overview(jobs));
  assert.equal(model.find('pause')?.id, '2');
  assert.equal(model.find('resume')?.id, '3');
  assert.equal(model.find('cancel')?.id, '3');
  assert.equal(model.find('cancel', '4'), undefined);
  assert.equal(model.find('pause', '1')?.id, '1');
});

test('a state that this version does not know has no actions', () => {
  assert.equal(applies('cancel', job('1', { status: 'dreaming' })), false);
});

test('500 jobs are compared in less time than reading them takes', () => {
  const { model } = watched();
  const curve = Array.from({ length: 60 }, (_, i) => [i, 3 / (i + 1)]);
  const jobs = Array.from({ length: 500 }, (_, i) => job(`${i}`, { train: curve, valid: curve }));
  const times = { read: [], compared: [] };
  for (let i = 0; i < 9; i++) {
    const text = JSON.stringify(overview([job('0', { step: i }), ...jobs.slice(1)]));
    const began = performance.now();
    const next = JSON.parse(text);
    const middle = performance.now();
    model.update(next);
    times.read.push(middle - began);
    times.compared.push(performance.now() - middle);
  }
  const [read, compared] = [times.read, times.compared].map(all => all.sort((a, b) => a - b)[4]);
  console.log(`medians of 9: read in ${read.toFixed(1)} ms, compared in ${compared.toFixed(1)} ms`);
  assert.ok(compared < read);
});
