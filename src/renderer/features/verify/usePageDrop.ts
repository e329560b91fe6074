/**
 * Files that are dropped anywhere on the page.
 * @module
 */
import { onMounted, onScopeDispose, ref, type Ref } from 'vue';

/** Hands over what is dropped, until the component goes. Whether something is held over the page. */
export function usePageDrop(onFiles: (files: readonly File[]) => void): Readonly<Ref<boolean>> {
  const over = ref(false);

  function holds(event: DragEvent): boolean {
    return event.dataTransfer?.types.includes('Files') ?? false;
  }
  function dragover(event: DragEvent): void {
    if (!holds(event)) return;
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
    if (event.defaultPrevented || !holds(event)) return;
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) onFiles(files);
  }

  onMounted(() => {
    addEventListener('dragover', dragover);
    addEventListener('dragleave', dragleave);
    addEventListener('drop', drop);
  });
  onScopeDispose(() => {
    removeEventListener('dragover', dragover);
    removeEventListener('dragleave', dragleave);
    removeEventListener('drop', drop);
  });
  return over;
}
