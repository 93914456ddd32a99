import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lossText, percentText, progressText, timeLeft, waitPosition } from '../lib/words.js';
import { job, trans } from './samples.mjs';

test('losses have two decimals, small ones two digits', () => {
  assert.deepEqual([2.346, 0.1, 0.0123, 0.00013, 0.00004, 0].map(lossText), ['2.35', '0.10', '0.012', '0.00013', '< 0.0001', '0.00']);
});

test('a job is at 100 % only when every step is made', () => {
  assert.deepEqual([0, 0.629, 0.9999, 1].map(share => percentText(share, trans)), ['0 %', '62 %', '99 %', '100 %']);
});

test('the time left is in seconds, minutes or hours', () => {
  const texts = [0.2, 89, 90, 3600, 5400].map(seconds => timeLeft(seconds, trans));
  assert.deepEqual(texts, ['about 1 s left', 'about 89 s left', 'about 2 min left', 'about 60 min left', 'about 1.5 h left']);
});

test('the place in the queue', () => {
  assert.deepEqual([0, 1, 4].map(n => waitPosition(n, trans)), ['next in the queue', '1 job before it', '4 jobs before it']);
});

test('without a total the step is said, and a paused job has no time left', () => {
  assert.equal(progressText(job('1'), null, trans), 'step 12, about 13 s left');
  assert.equal(progressText(job('1', { status: 'paused' }), 0.15, trans), '15 %');
});
