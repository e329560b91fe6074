/**
 * Pages that are loaded when somebody goes there. What cannot be loaded is said in its place, with a way to go on.
 * @module
 */
import { defineComponent, h, shallowRef, type Component } from 'vue';
import PageFailed from './features/shell/PageFailed.vue';
import PageLoading from './features/shell/PageLoading.vue';

type Load = () => Promise<{ readonly default: Component }>;

const loads: (() => Promise<Component>)[] = [];

/**
 * A page of the router that stands for the one that `load` imports, and hands on what it is given. Once loaded it is
 * there at once.
 */
export function lazyPage(load: Load): Component {
  let loaded: Component | null = null;
  const once = async (): Promise<Component> => (loaded ??= (await load()).default);
  loads.push(once);
  return defineComponent({
    name: 'LazyPage',
    inheritAttrs: false,
    setup(_props, { attrs }) {
      const page = shallowRef(loaded);
      const failed = shallowRef(false);
      if (loaded === null) {
        once().then(
          (component) => (page.value = component),
          () => (failed.value = true),
        );
      }
      return () => {
        if (page.value !== null) return h(page.value, attrs);
        return h(failed.value ? PageFailed : PageLoading);
      };
    },
  });
}

/**
 * Loads every page, one after the other: whoever goes to one does not wait, also while the program is away. What fails
 * is tried again when somebody goes there.
 */
export async function loadAllPages(): Promise<void> {
  for (const load of loads) await load().catch(() => undefined);
}
