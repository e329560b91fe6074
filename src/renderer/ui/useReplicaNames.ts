/**
 * What the replicas are called.
 * @module
 */
import { visibleText } from '../../shared/text/visible.ts';
import { useSession } from '../stores/session.ts';

/** What `useReplicaNames` gives. */
export interface ReplicaNames {
  /** The name of the replica with this index, with hidden characters made visible. */
  readonly nameOf: (index: number) => string;
}

export function useReplicaNames(): ReplicaNames {
  const session = useSession();
  return {
    nameOf: (index) => {
      const name = session.network?.replicas[index]?.name ?? '';
      return name === '' ? String(index) : visibleText(name);
    },
  };
}
