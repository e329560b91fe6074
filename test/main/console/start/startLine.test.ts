/** The phases of a start, and what is told of them. */
import { describe, expect, it } from 'vitest';
import type { ConsoleEvent } from '../../../../src/main/console/events.ts';
import { LiveFeed } from '../../../../src/main/console/live/feed.ts';
import { StartLine } from '../../../../src/main/console/start/startLine.ts';
import { Stages } from '../../../../src/main/console/start/stages.ts';
import type { Stage } from '../../../../src/shared/contract/model.ts';
import { CountersignError } from '../../../../src/shared/errors.ts';

describe('the phases of a start', () => {
  it('keep how long each one took', () => {
    let nowMs = 1_000;
    const line = new StartLine(() => nowMs);
    nowMs = 1_300;
    line.enter('keys');
    nowMs = 1_450;
    line.enter('verifyLog');
    expect(line.stage).toMatchObject({
      phase: 'verifyLog',
      sinceMs: 1_450,
      done: [
        { phase: 'lock', tookMs: 300 },
        { phase: 'keys', tookMs: 150 },
      ],
    });
  });

  it('go on where they ended when they come again: there are two directories to lock', () => {
    let nowMs = 0;
    const line = new StartLine(() => nowMs);
    nowMs = 40;
    line.enter('keys');
    nowMs = 100;
    line.enter('lock');
    expect(line.stage).toMatchObject({ phase: 'lock', sinceMs: 60, done: [{ phase: 'keys', tookMs: 60 }] });
    nowMs = 110;
    line.enter('keys');
    expect(line.stage.done).toEqual([{ phase: 'lock', tookMs: 50 }]);
  });

  it('forget progress, and who is waited for, with the phase that it was of', () => {
    const line = new StartLine(() => 0);
    line.held(4_312, 15_000);
    expect(line.stage.heldBy).toEqual({ pid: 4_312, untilMs: 15_000 });
    line.enter('replay');
    line.progress({ step: 'blocks', fromHeight: 64, done: 3, total: 40 });
    expect(line.stage).toMatchObject({ heldBy: null, progress: { step: 'blocks', done: 3 } });
    line.enter('join');
    expect(line.stage.progress).toBeNull();
  });

  it('never take a negative time, whatever the clock does', () => {
    let nowMs = 1_000;
    const line = new StartLine(() => nowMs);
    nowMs = 400;
    line.enter('keys');
    expect(line.stage.done).toEqual([{ phase: 'lock', tookMs: 0 }]);
  });
});

describe('the stages', () => {
  function make(): { stages: Stages; logged: ConsoleEvent[]; told: Stage[]; feed: LiveFeed } {
    const feed = new LiveFeed();
    const logged: ConsoleEvent[] = [];
    const told: Stage[] = [];
    feed.subscribe(({ changes }) => {
      for (const change of changes) if (change.topic === 'stage') told.push(change.value);
    });
    const stages = new Stages({ feed, now: () => 5, log: (event) => logged.push(event) });
    return { stages, logged, told, feed };
  }

  it('tell pages of progress, and the log of phases alone', () => {
    const { stages, logged, told, feed } = make();
    stages.enterPhase('replay');
    stages.progress({ step: 'requests', done: 1, total: 2 });
    feed.flush();
    expect(told.at(-1)).toMatchObject({ phase: 'replay', progress: { step: 'requests', done: 1 } });
    expect(logged).toHaveLength(1);
  });

  it('take no progress when nothing starts', () => {
    const { stages } = make();
    stages.enter({ name: 'running', sinceMs: 5 });
    stages.progress({ step: 'requests', done: 1, total: 2 });
    stages.held(1, 2);
    expect(stages.stage).toEqual({ name: 'running', sinceMs: 5 });
  });

  it('begin anew when a start begins after something else', () => {
    const { stages } = make();
    stages.enterPhase('keys');
    stages.enter({ name: 'locked' });
    stages.enterPhase('genesis');
    expect(stages.stage).toMatchObject({ name: 'starting', phase: 'genesis', done: [] });
  });

  it('keep why it does not go on, and nothing comes after the end', () => {
    const { stages } = make();
    stages.fail(new CountersignError('storage.locked', { path: '/x', pid: 7 }));
    expect(stages.failure?.code).toBe('storage.locked');
    stages.enter({ name: 'stopping' });
    stages.enterPhase('lock');
    expect(stages.stage).toEqual({ name: 'stopping' });
  });
});
