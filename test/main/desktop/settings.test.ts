import { describe, expect, it } from 'vitest';
import { openingOf, windowPlaceSchema } from '../../../src/main/desktop/settings/windowPlace.ts';

const LEFT = { x: 0, y: 0, width: 1_920, height: 1_040 };
const RIGHT = { x: 1_920, y: 0, width: 1_280, height: 720 };
const kept = { x: 100, y: 80, width: 1_000, height: 700, maximised: false };

describe('where the window opens', () => {
  it('is in the middle of the first screen, at a size that fits, the first time', () => {
    expect(openingOf(null, [LEFT], LEFT)).toEqual({ width: 1_280, height: 840, maximised: false });
    expect(openingOf(null, [RIGHT], RIGHT)).toEqual({ width: 1_280, height: 720, maximised: false });
  });

  it('is where it was', () => {
    expect(openingOf(kept, [LEFT, RIGHT], LEFT)).toEqual(kept);
    expect(openingOf({ ...kept, maximised: true }, [LEFT], LEFT).maximised).toBe(true);
  });

  it('is on the screen that showed most of it, wholly within it', () => {
    expect(openingOf({ ...kept, x: 1_800, width: 1_300 }, [LEFT, RIGHT], LEFT)).toEqual({
      x: 1_920,
      y: 20,
      width: 1_280,
      height: 700,
      maximised: false,
    });
    expect(openingOf({ ...kept, y: -50 }, [LEFT], LEFT)).toMatchObject({ x: 100, y: 0 });
  });

  it('is in the middle of the first screen where its own has gone', () => {
    expect(openingOf({ ...kept, x: 2_000 }, [LEFT], LEFT)).toEqual({
      width: 1_000,
      height: 700,
      maximised: false,
    });
    // A sliver at the edge cannot be taken hold of.
    expect(openingOf({ ...kept, x: 1_900 }, [LEFT], LEFT)).not.toHaveProperty('x');
  });

  it('is no place that no screen has', () => {
    expect(windowPlaceSchema.safeParse({ ...kept, x: 1e9 }).success).toBe(false);
    expect(windowPlaceSchema.safeParse({ ...kept, width: 0 }).success).toBe(false);
    expect(windowPlaceSchema.safeParse({ ...kept, width: 10.5 }).success).toBe(false);
  });
});
