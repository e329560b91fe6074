import { describe, expect, it } from 'vitest';
import { STEPS, stepOf } from '../../../src/renderer/features/setup/wizardSteps.ts';
import { own, setupCards, setupGenesis } from '../fixture/setup.ts';

const ownCards = setupCards().slice(0, 1).map(own);

describe('the step of the wizard', () => {
  it.each([
    [null, [], null, null],
    ['create', [], null, 'card'],
    ['create', ownCards, null, 'collect'],
    ['create', ownCards, setupGenesis(), 'compare'],
    ['join', [], null, 'card'],
    ['join', ownCards, null, 'import'],
    ['join', ownCards, setupGenesis(), 'compare'],
  ] as const)('on the way %s', (path, cards, genesis, step) => {
    expect(stepOf({ path, ownCards: [...cards], genesis })).toBe(step);
    if (path !== null) expect(STEPS[path]).toContain(step);
  });
});
