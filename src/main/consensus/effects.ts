/**
 * What goes into agreement and what it asks for. Agreement never acts: it returns effects, and the host carries them
 * out under one contract: **what a message asserts is durable before the message leaves.** The `persist` effects of
 * one step, or of several grouped ones, commit as one transaction; only then are the others carried out, in order.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import type { PlainError } from '../../shared/errors.ts';
import type { Block, HashedHeader } from '../ledger/block.ts';
import type { SignedRequest } from '../ledger/request.ts';
import type { PlacedRegistryRequest } from '../ledger/registry/replay.ts';
import type { ExecutedRequest, StateValues } from '../ledger/state.ts';
import type { Evidence } from '../ledger/evidence.ts';
import type { CheckpointCertificate, CommitCertificate, Statement } from '../ledger/statement.ts';
import type { NewView, ViewChange } from '../ledger/viewChange.ts';
import type { PeerMessage } from './messages.ts';

/** Where a replica stands among the views (PROTOCOL.md, rules, 2). */
export interface ViewPosition {
  readonly epoch: number;
  /** The view it is in, or was last in. */
  readonly view: number;
  readonly mode: 'normal' | 'changing';
  /** Highest view for which it signed a view change. */
  readonly target: number;
  /** Last view that was normal: lv. */
  readonly lastNormalView: number;
  /** Tip that was adopted on entering the last normal view. */
  readonly baseHeight: number;
}

/** The position of a replica that has not yet taken part. */
export const FIRST_POSITION: ViewPosition = {
  epoch: 0,
  view: 0,
  mode: 'normal',
  target: 0,
  lastNormalView: 0,
  baseHeight: 0,
};

/** The position of a replica at the beginning of an epoch above the block at `baseHeight` (rule E2). */
export function firstPosition(epoch: number, baseHeight: number): ViewPosition {
  return { ...FIRST_POSITION, epoch, baseHeight };
}

/** A block on a replica's chain, above its stable checkpoint, with the order that brought it. */
export interface AcceptedBlock {
  readonly block: Block;
  /** The view in which it was ordered; `null` where a certificate brought it instead. */
  readonly order: { readonly view: number; readonly signature: Hex } | null;
}

/** A stable checkpoint with the ledger's running values at it. `certificate` is `null` for genesis. */
export interface StableCheckpoint extends StateValues {
  readonly height: number;
  readonly hash: Hex;
  readonly certificate: CheckpointCertificate | null;
}

/** A change of the durable state. */
export type PersistOperation =
  | { readonly type: 'position'; readonly position: ViewPosition }
  /** Extends the chain by one block; also stores its requests, which stay when the block is rolled back (G1). */
  | { readonly type: 'append'; readonly accepted: AcceptedBlock }
  /** Adds the primary's own signature to the block that it ordered at `height`. */
  | { readonly type: 'orderSigned'; readonly height: number; readonly view: number; readonly signature: Hex }
  /** Takes the blocks above `height` off the chain, never at or below the stable checkpoint. Their content stays (G1). */
  | { readonly type: 'rollback'; readonly height: number }
  /** Replaces the highest commit certificate: cc (rule C2). */
  | { readonly type: 'commitCertificate'; readonly certificate: CommitCertificate }
  /** A stable checkpoint at a block of the chain (rule C4). Earlier ones are kept: receipts are made from them. */
  | { readonly type: 'checkpoint'; readonly checkpoint: StableCheckpoint }
  /** The own view change, before it is signed: one for each view (rule V2). Replaces the one before. */
  | { readonly type: 'viewChange'; readonly viewChange: ViewChange }
  /** What opened the view this replica enters, or is about to open itself (rule V4). Replaces the one before. */
  | { readonly type: 'newView'; readonly opening: Opening }
  /** Evidence against a replica, or where on the chain it stands now. One for each accused replica of an epoch. */
  | { readonly type: 'evidence'; readonly known: KnownEvidence }
  /** From now on nothing is signed for agreement under this key (rules, 2). Replaces what was said of another key. */
  | ({ readonly type: 'learner' } & LearnerMark);

/** A new view with its primary's signature: `null` while this replica is the primary and has not signed it yet. */
export interface Opening {
  readonly newView: NewView;
  readonly signature: Hex | null;
}

/** Evidence that a replica has, and the height of the block that records it; `null` where none does yet. */
export interface KnownEvidence {
  readonly evidence: Evidence;
  readonly recordedHeight: number | null;
}

/**
 * Why a replica may not sign any more: its durable state was not there when it started; others, or its own sign guard,
 * have statements that it signed and no longer knows of; or somebody else signs with its key while it runs.
 */
export type LastingLearnerReason = 'stateLost' | 'stateOld' | 'keyInUse';

/** Why a replica only learns. `notMember`: the epoch's set of replicas does not name it; another epoch's may. */
export type LearnerReason = LastingLearnerReason | 'notMember';

/** That nothing may be signed under a key any more. A replica that was admitted under another key is no learner. */
export interface LearnerMark {
  readonly reason: LastingLearnerReason;
  readonly publicKey: Hex;
}

/** What a replica starts from: everything it had made durable. */
export interface DurableState {
  readonly position: ViewPosition;
  readonly stable: StableCheckpoint;
  /** The block at `stable`, or `null` for genesis. */
  readonly stableBlock: Block | null;
  /** The block that the epoch begins above: the last one that changed the set of replicas; `null` for genesis. */
  readonly epochBase: HashedHeader | null;
  /** The chain above `stable`, lowest first. */
  readonly chain: readonly AcceptedBlock[];
  readonly commitCertificate: CommitCertificate | null;
  /** Blocks above `stable` that were rolled back: others may need them (rule G1). */
  readonly rolledBack: readonly Block[];
  /** The own view change for `position.target`, where there is one. */
  readonly viewChange: ViewChange | null;
  readonly opening: Opening | null;
  /** Of this epoch and of earlier ones, in order of epoch and replica. */
  readonly evidence: readonly KnownEvidence[];
  /** The last one that was made; `null` where none ever was. */
  readonly learner: LearnerMark | null;
  /** Executed requests at or below `stable` with a timestamp of at least that of `stable` less the largest age. */
  readonly recent: readonly ExecutedRequest[];
  /** All changes of the registry at or below `stable`, lowest first. */
  readonly registryRequests: readonly PlacedRegistryRequest[];
}

/** What this replica signs for agreement. */
export type OwnStatement = Statement;

/** Timers, by what they are for. Setting one again replaces it. */
export type TimerName =
  /** Fetch the bodies that an order lacks, or the order that is missing before it. */
  | 'bodies'
  /** Ask for what is missing between the tip and what others have. */
  | 'catchUp'
  /** Certify the tip after a quiet while. */
  | 'checkpoint'
  /** Tell the others where this replica stands. */
  | 'beacon'
  /** The oldest request that waits has not been ordered in time. */
  | 'awaitOrder'
  /** The blocks above the stable checkpoint have not become stable in time. */
  | 'awaitStable'
  /** Send the own view change again, or ask again for the blocks of the new view. */
  | 'viewChange'
  /** A quorum wants the next view, and it has not begun in time. */
  | 'newView';

/** What goes in. Signatures have been verified: see `verification.ts`. */
export type Input =
  /** `token`: differs in every run. `signed`: what the sign guard remembers of what this replica has signed. */
  | { readonly type: 'start'; readonly token: Hex; readonly signed: readonly Statement[] }
  /** `bodies`: the signed requests inside the message, parsed, in order. */
  | {
      readonly type: 'peerMessage';
      readonly from: number;
      readonly message: PeerMessage;
      readonly bodies: readonly SignedRequest[];
    }
  /** A valid request from a client, who sends it to all. One that a replica passes on is a `peerMessage`. */
  | { readonly type: 'request'; readonly request: SignedRequest }
  /** A client's commit. */
  | { readonly type: 'commit'; readonly height: number; readonly hash: Hex; readonly tag: Hex }
  /** A client's evidence (rule K3). */
  | { readonly type: 'evidence'; readonly evidence: Evidence }
  /** The signature that a `sign` effect asked for. */
  | { readonly type: 'signed'; readonly statement: OwnStatement; readonly signature: Hex }
  /** The sign guard did not sign what a `sign` effect asked for: `before` was signed in its place, if it knows. */
  | { readonly type: 'refused'; readonly statement: OwnStatement; readonly before: OwnStatement | null }
  /** The replica `from` has a statement under the own key that the sign guard never made. */
  | { readonly type: 'foreign'; readonly from: number; readonly statement: Statement }
  | { readonly type: 'timer'; readonly timer: TimerName }
  | { readonly type: 'reachable'; readonly replica: number; readonly reachable: boolean };

/** Something worth showing to people, or counting. */
export type Announcement =
  | { readonly type: 'accepted'; readonly accepted: AcceptedBlock }
  | { readonly type: 'rolledBack'; readonly height: number }
  | { readonly type: 'commitCertificate'; readonly certificate: CommitCertificate }
  | { readonly type: 'stable'; readonly checkpoint: StableCheckpoint }
  /**
   * A vote towards the checkpoint of the block `hash` at `height` has come in, from this replica or another. One for the
   * last stable checkpoint comes too late to count, and is told all the same: as often as it comes.
   */
  | {
      readonly type: 'vote';
      readonly phase: 'localCommit' | 'checkpointVote';
      readonly replica: number;
      readonly height: number;
      readonly hash: Hex;
    }
  /** The primary, or another replica, sent what a correct one would not have sent. */
  | {
      readonly type: 'suspicion';
      readonly replica: number;
      readonly reason: SuspicionReason;
      readonly height: number;
    }
  /** Evidence that is new here, or stands at another place of the chain than before. */
  | { readonly type: 'evidence'; readonly known: KnownEvidence }
  /** A replica, this one or another, finds the primary of `view` too slow. */
  | { readonly type: 'suspected'; readonly view: number; readonly by: number }
  /** This replica has left `view` and wants `target`. */
  | {
      readonly type: 'changingView';
      readonly view: number;
      readonly target: number;
      readonly cause: ViewChangeCause;
    }
  /** A view change for `view` has come in, from this replica or another. */
  | { readonly type: 'viewChange'; readonly replica: number; readonly view: number }
  /** The primary of `view` has opened it with the view changes of these replicas. */
  | { readonly type: 'newView'; readonly view: number; readonly replicas: readonly number[] }
  /** This replica is in `view` now. */
  | {
      readonly type: 'enteredView';
      readonly view: number;
      readonly primary: number;
      /** Tip of the adopted history. */
      readonly baseHeight: number;
      /** The highest block of the own chain that stayed on it. */
      readonly forkHeight: number;
      /** Blocks above the stable checkpoint that stayed on the chain. */
      readonly keptBlocks: number;
      /** Blocks that were taken off; what they ordered waits again. */
      readonly putBackBlocks: number;
      /** By a new view, or by a certificate of that view (rule U2). */
      readonly how: 'newView' | 'certificate';
    }
  /** This replica knows from enough others that it is behind nothing that it ever signed: it takes part. */
  | { readonly type: 'listened' }
  /**
   * The epoch has ended with the stable block at `height`, which is durable together with the beginning of the next
   * (rule E2). This agreement does nothing more: the host signs nothing that came with this announcement, and starts
   * another agreement from what is durable.
   */
  | { readonly type: 'epochEnded'; readonly epoch: number; readonly height: number }
  /** This replica only learns from now on. */
  | { readonly type: 'learner'; readonly reason: LearnerReason }
  | { readonly type: 'eager'; readonly eager: boolean }
  | { readonly type: 'catchingUp'; readonly fromHeight: number; readonly toHeight: number }
  | { readonly type: 'clockSkew'; readonly skewMs: number };

/** What made a replica leave its view (rule V1): its own timer, others' views, or proof against the primary. */
export type ViewChangeCause = 'timeout' | 'others' | 'equivocation';

/** What a replica sent that a correct one would not have sent, without being proof. */
export type SuspicionReason = 'badBlock' | 'badReferences' | 'badAnswer' | 'badViewChange' | 'badNewView';

/** What agreement asks of its host. */
export type Effect =
  | { readonly type: 'persist'; readonly operation: PersistOperation }
  /** Sign, after everything persisted so far is durable, and give the signature back as a `signed` input. */
  | { readonly type: 'sign'; readonly statement: OwnStatement }
  | { readonly type: 'send'; readonly to: number; readonly message: PeerMessage }
  | { readonly type: 'broadcast'; readonly message: PeerMessage }
  /** Tell the clients that wait for these requests that this replica has accepted them. */
  | {
      readonly type: 'respond';
      readonly requestIds: readonly Hex[];
      readonly epoch: number;
      readonly height: number;
      readonly hash: Hex;
      readonly tag: Hex;
    }
  /** Tell the clients that wait for this request that it will not be taken. */
  | { readonly type: 'refuse'; readonly requestId: Hex; readonly error: PlainError }
  /** Tell the clients that wait for this request, which was executed at or below the stable checkpoint. */
  | { readonly type: 'alreadyFinal'; readonly requestId: Hex; readonly height: number }
  /** Tell the clients that wait for these requests that they are final. */
  | {
      readonly type: 'finalize';
      readonly requestIds: readonly Hex[];
      readonly height: number;
      readonly hash: Hex;
    }
  | { readonly type: 'setTimer'; readonly timer: TimerName; readonly delayMs: number }
  | { readonly type: 'clearTimer'; readonly timer: TimerName }
  | { readonly type: 'announce'; readonly announcement: Announcement };

/** What the host has signed of a group of effects: nothing of an epoch is signed after its end (rules E1 and E4). */
export function statementsToSign(effects: readonly Effect[]): readonly OwnStatement[] {
  const isEnded = effects.some(
    (effect) => effect.type === 'announce' && effect.announcement.type === 'epochEnded',
  );
  return isEnded ? [] : effects.flatMap((effect) => (effect.type === 'sign' ? [effect.statement] : []));
}
