/**
 * Files that are dropped anywhere on the page, and what becomes of those that nobody takes.
 * @module
 */
import { onMounted, onScopeDispose, ref, type Ref } from 'vue';

/**
 * Hands over what is dropped, until the component goes. While `isTaking` says no, it takes nothing: a dialog asks
 * something first. Whether something is held over the page.
 */
export function usePageDrop(
  onFiles: (files: File[]) => void,
  isTaking: () => boolean = () => true,
): Readonly<Ref<boolean>> {
  const over = ref(false);

  function dragover(event: DragEvent): void {
    if (!holdsFiles(event) || !isTaking()) return;
    event.preventDefault();
    over.value = true;
  }
  function dragleave(event: DragEvent): void {
    // It leaves the window where there is nothing that it enters.
    if (event.relatedTarget === null) over.value = false;
  }
  function drop(event: DragEvent): void {
    over.value = false;
    // A drop zone of its own has taken it.
    if (event.defaultPrevented || !holdsFiles(event) || !isTaking()) return;
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) onFiles(files);
  }

  // The document hears of it before the window, where what nobody has taken ends.
  listen(document, { dragover, dragleave, drop });
  return over;
}

/** A file that is dropped where nobody takes it does nothing: a browser would open it in place of the console. */
export function useNoStrayDrops(): void {
  function refuse(event: DragEvent): void {
    if (event.defaultPrevented || !holdsFiles(event)) return;
    event.preventDefault();
    // Shown as refused already while it is held.
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'none';
  }
  listen(window, { dragover: refuse, drop: refuse });
}

function holdsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

/** As long as the component is there. */
function listen(
  target: Document | Window,
  listeners: Readonly<Record<string, (event: DragEvent) => void>>,
): void {
  const all = Object.entries(listeners) as [string, EventListener][];
  onMounted(() => {
    for (const [type, listener] of all) target.addEventListener(type, listener);
  });
  onScopeDispose(() => {
    for (const [type, listener] of all) target.removeEventListener(type, listener);
  });
}
