/**
 * Every error that a person, a program or another replica can be shown: a code, and the data to act on.
 *
 * The words for each code stand in `locales/errors.*.json`, in every language of the console; the command line
 * and the console use the same words. A code is part of the interface: never reuse one for another meaning.
 * @module
 */

/** Stands for no data at all. */
type NoData = Readonly<Record<string, never>>;

/** The data that comes with each error code. Lengths are bytes, times are milliseconds since 1970 in UTC. */
export interface ErrorData {
  // Encoding
  'encoding.invalid': { at: string; problem: string };
  'encoding.tooLarge': { sizeBytes: number; maxBytes: number };

  // Requests
  'request.unknownSupervisor': { supervisor: string };
  'request.badSignature': { id: string };
  'request.wrongNetwork': { expected: string; actual: string };
  'request.tooOld': { timestampMs: number; oldestMs: number };
  'request.fromFuture': { timestampMs: number; latestMs: number };
  'request.tooLarge': { sizeBytes: number; maxBytes: number };
  'request.poolFull': { maxRequests: number };
  'request.notFound': { id: string };
  'request.notFinal': { id: string };
  'request.alreadyFinal': { id: string; height: number };
  'block.notFound': { height: number };

  // Searching the ledger
  'search.nothingToFind': NoData;
  'search.tooManyWords': { words: number; maxWords: number };
  'search.emptyTimeRange': { fromMs: number; toMs: number };
  'search.emptyHeightRange': { fromHeight: number; toHeight: number };
  // The index is being opened: a moment.
  'search.opening': NoData;

  // Changes of the registry
  'registry.keyInUse': { publicKey: string };
  'registry.addressInUse': { address: string };
  'registry.unknownKey': { publicKey: string };
  'registry.notOwnKey': { publicKey: string };
  'registry.tooMany': { max: number };
  'registry.tooFew': { min: number };
  'registry.noChange': NoData;
  'registry.badPolicy': { threshold: number; supervisors: number };
  'registry.unknownProposal': { proposalId: string };
  'registry.alreadyApproved': { proposalId: string };
  'registry.notApproved': { proposalId: string };
  'registry.tooManyProposals': { maxProposals: number };
  // What was to be approved or withdrawn is not waiting any more.
  'registry.proposalApplied': { proposalId: string };
  'registry.proposalWithdrawn': { proposalId: string };
  'registry.proposalExpired': { proposalId: string; lastHeight: number };
  'registry.proposalImpossible': { proposalId: string };

  // Importing files for review. Rows count from 1 and include the header row, as a spreadsheet shows them.
  'import.empty': { name: string };
  'import.tooLarge': { name: string; sizeBytes: number; maxBytes: number };
  'import.tooManyRows': { name: string; rows: number; maxRows: number };
  'import.encoding': { name: string; offsetBytes: number };
  'import.syntax': { name: string; row: number; problem: string };
  'import.ragged': { name: string; row: number; expected: number; actual: number };
  'import.header': { name: string; column: number; problem: string };
  'import.formula': { name: string; row: number; column: string; cell: string };
  'import.cell': { name: string; row: number; column: string; problem: string };
  'import.unsupported': { name: string };
  'import.incomplete': { name: string; receivedBytes: number; expectedBytes: number };
  'import.tooManyFiles': { files: number; maxFiles: number };
  // `existing`: the item of the inbox that it is already.
  'import.alreadyThere': { name: string; existing: string };

  // Draft files, and signed requests held against one. `first`: the file in which the supervisor signed first.
  'draftFile.invalid': { at: string; problem: string };
  'draftFile.wrongNetwork': { expected: string; actual: string };
  'draftFile.otherContent': { expected: string; actual: string };
  'draftFile.sameSigner': { supervisor: string; first: string };

  // Genesis files
  'genesis.invalid': { at: string; problem: string };
  'genesis.duplicateKey': { key: string; first: string; second: string };
  'genesis.weakKey': { key: string; at: string };
  'genesis.mismatch': { expected: string; actual: string };

  // Names and addresses of members of a network. `character`: a code point, such as U+202E
  'name.empty': NoData;
  'name.tooLong': { maxChars: number };
  'name.hidden': { character: string };
  'name.spaces': { name: string };
  'name.form': { name: string; part: string };
  'name.scripts': { name: string; scripts: string };
  'name.alike': { name: string; other: string };
  'address.invalid': { host: string; port: number };

  // Making and joining a network: cards, invitations, fingerprints
  'card.invalid': { at: string; problem: string };
  'card.badProof': { name: string; publicKey: string };
  'card.duplicate': { name: string; publicKey: string };
  'card.addressTaken': { name: string; other: string; address: string };
  'card.tooFew': { kind: string; found: number; needed: number };
  'card.tooMany': { kind: string; found: number; maxCards: number };
  // `kind`: of the card that is needed.
  'card.weakKey': { name: string; publicKey: string };
  'card.wrongKind': { name: string; kind: string };
  'card.noAdmission': { name: string };
  'card.wrongNetwork': { expected: string; actual: string };
  'card.notInFile': { publicKey: string };
  'invitation.invalid': { problem: string };
  'fingerprint.invalid': { problem: string };
  'fingerprint.mismatch': { expected: string; actual: string };
  'genesis.ownKeyMissing': { publicKey: string };
  'genesis.ownCardChanged': { expected: string; actual: string };

  // Receipts
  'receipt.invalid': { at: string; problem: string };
  'receipt.wrongNetwork': { expected: string; actual: string };

  // Changes of the set of replicas. `epoch`: the one that would end
  'epochChange.invalid': { epoch: number; problem: string };

  // Evidence against replicas
  'evidence.invalid': { at: string; problem: string };
  'evidence.wrongNetwork': { expected: string; actual: string };
  'evidence.notFound': { replica: number };

  // Keys
  'key.wrongPassphrase': NoData;
  'key.passphraseTooShort': { minChars: number };
  'key.invalid': { problem: string };
  'key.weak': { problem: string };
  'key.unknown': { publicKey: string };
  'key.locked': { publicKey: string };
  'key.absent': NoData;
  'key.revoked': { publicKey: string; height: number };
  /** `waitMs`: how long no passphrase is tried. */
  'key.tooManyAttempts': { waitMs: number };

  // The vault, and encrypted backups of it. `keychain`: the system's, as it calls itself.
  'vault.foreign': NoData;
  'vault.newerVersion': { found: number; known: number };
  'vault.truncated': { sizeBytes: number; expectedBytes: number };
  'vault.damaged': { problem: string };
  'vault.weakParameters': { N: number; r: number; p: number };
  'vault.costlyParameters': { N: number; r: number; p: number };
  'vault.tampered': { problem: string };
  'vault.exists': { path: string };
  'vault.full': { maxKeys: number };
  'vault.duplicateKey': { publicKey: string };
  'vault.otherKeys': { publicKey: string };
  'vault.keychainChanged': { made: string; found: string };
  'vault.keychainMissing': { made: string };
  'vault.keychainFailed': { keychain: string; problem: string };
  'vault.noKeychain': NoData;
  'key.inUse': { publicKey: string; pid: number };
  'key.tooMany': { max: number };

  // Files and the durable store
  'file.notFound': { path: string };
  'file.exists': { path: string };
  'file.unreadable': { path: string; problem: string };
  'file.unwritable': { path: string; problem: string };
  'storage.full': { path: string };
  'storage.readOnly': { path: string };
  'storage.corrupt': { path: string; problem: string };
  'storage.newerSchema': { path: string; found: number; known: number };
  'storage.wrongNetwork': { path: string; expected: string; actual: string };
  'storage.locked': { path: string; pid: number };
  'storage.failed': { path: string; problem: string };
  // The data directory is not where it was opened.
  'storage.gone': { path: string };
  // A file of settings that could not be read as such, and where it was put.
  'settings.damaged': { path: string; movedTo: string };
  'guard.missing': { path: string };
  'guard.damaged': { path: string };

  // Network
  'network.portInUse': { host: string; port: number };
  'network.listenFailed': { host: string; port: number; problem: string };
  'network.unreachable': { address: string; problem: string };
  'network.notListening': { address: string };
  'network.brokeOff': { address: string };
  'network.silent': { address: string };
  'handshake.version': { expected: number; actual: number };
  'handshake.wrongNetwork': { expected: string; actual: string };
  'handshake.unknownReplica': { publicKey: string };
  'handshake.wrongReplica': { expected: string; actual: string };
  'handshake.badProof': { publicKey: string };
  'handshake.malformed': { problem: string };
  'handshake.timeout': { timeoutMs: number };
  'handshake.duplicate': { publicKey: string };
  'admission.tooManyConnections': { maxConnections: number };
  'admission.rate': { maxPerSecond: number };
  'admission.messageTooLarge': { maxBytes: number };
  'admission.queueFull': { maxBytes: number };
  'admission.badMessages': { maxPerMinute: number };
  // What came over a connection that is in order. `from`: who sent it, in words; `type`: of the message.
  'message.badSignature': { from: string; type: string };
  'message.malformed': { from: string; type: string; problem: string };

  // Replicas
  'replica.learner': { replica: string };
  'replica.notMember': { publicKey: string };
  'replica.proposed': { publicKey: string };
  'replica.removed': { publicKey: string };
  'replica.keyInUse': { replica: string };
  // Its own process has ended by itself. `path`: its directory; `problem`: its last words.
  'replica.ended': { path: string; problem: string };

  // Client
  'client.timeout': { id: string; responses: number; replicas: number };
  'client.noReplica': { replicas: number };

  // Console
  'console.badToken': NoData;
  'console.badInput': { channel: string; at: string; problem: string };
  'console.unknownChannel': { channel: string };
  'console.disconnected': NoData;
  'console.tooBusy': { waiting: number };
  'console.workFailed': { problem: string };
  'draft.notFound': { id: string };
  'draft.wrongState': { id: string; state: string };
  'draft.changed': { id: string; shownHash: string; actualHash: string };
  'draft.tooMany': { maxDrafts: number };
  'draft.imported': { id: string };
  'draft.duplicate': { id: string; existing: string };
  'confirm.cancelled': NoData;
  'confirm.interrupted': NoData;
  'confirm.screenLocked': NoData;
  'confirm.keyChanged': NoData;
  'confirm.busy': NoData;
  'confirm.tooOften': { waitMs: number };
  'confirm.passphraseHere': NoData;
  'setup.alreadyDone': { path: string };
  'setup.required': NoData;
  // Asked of a page in a browser: only the window has it.
  'desktop.absent': NoData;
  // Before anything else: there can be no window.
  'desktop.noDisplay': NoData;
  // The mark of a program that runs could not be set; `path`: the mark's.
  'desktop.cannotMark': { path: string };
  'desktop.runsElsewhere': { path: string; host: string };
  // The process of the window's page dies again and again. `reason`: as Chromium calls it.
  'desktop.pageDies': { times: number; reason: string };
  // Opened from outside: a link, or a file that the program was started with.
  'opening.linkTooLong': { chars: number; maxChars: number };
  'opening.linkHost': { link: string };
  'opening.linkPage': { link: string };
  'opening.tooLarge': { name: string; sizeBytes: number; maxBytes: number };
  'opening.unknownKind': { name: string };
  'opening.tooMany': { max: number };
  'fault.unavailable': { replica: number; fault: string };

  // Manifests of releases
  'update.malformed': { at: string; problem: string };
  'update.tooLarge': { sizeBytes: number; maxBytes: number };
  'update.wrongProduct': { expected: string; actual: string };
  'update.badSignature': { publicKey: string };
  'update.unsigned': { found: number; needed: number };
  'update.fromFuture': { releasedMs: number; nowMs: number };
  'update.expired': { expiresMs: number; nowMs: number };
  'update.notNewer': { version: string; running: string };
  'update.replayed': { version: string; newestSeen: string };
  'update.noPackage': { system: string; processor: string };
  // Looking for releases, and fetching packages
  'update.noSource': NoData;
  'update.sourceMalformed': { path: string; problem: string };
  'update.busy': NoData;
  'update.unreachable': { url: string; problem: string };
  'update.silent': { url: string; timeoutMs: number };
  'update.httpStatus': { url: string; status: number };
  'update.badRedirect': { url: string };
  'update.wrongSize': { fileName: string; expectedBytes: number; actualBytes: number };
  'update.wrongPackage': { fileName: string; expected: string; actual: string };
  'update.notInRelease': { fileName: string; version: string };
  'update.noDescription': { path: string };
  'update.nothingReady': NoData;

  // Command line
  'cli.usage': { problem: string };
  'cli.notConfirmed': NoData;

  // What Countersign runs on
  'runtime.tooOld': { found: string; needed: string };

  // Anything awaited
  timeout: { what: string; timeoutMs: number };
  stopped: { what: string };

  // A broken invariant, and anything unforeseen: both are bugs, reported with all that reproduces them.
  'invariant.broken': { rule: string; detail: string };
  internal: { problem: string };
}

/** A code of `ErrorData`. */
export type ErrorCode = keyof ErrorData;

/** An error with a code and the data to act on. `message` is for logs; people see the localised words. */
export class CountersignError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly data: ErrorData[C];

  constructor(code: C, data: ErrorData[C], options?: ErrorOptions) {
    super(`${code} ${JSON.stringify(data)}`, options);
    this.name = 'CountersignError';
    this.code = code;
    this.data = data;
  }
}

/** An error as plain data, for the wire, a worker or the console. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly data: Readonly<Record<string, string | number>>;
}

/** `error` as plain data. Anything but a `CountersignError` becomes `internal`, with its message. */
export function toPlainError(error: unknown): PlainError {
  if (error instanceof CountersignError)
    return { code: error.code as ErrorCode, data: { ...(error.data as object) } };
  return { code: 'internal', data: { problem: error instanceof Error ? error.message : String(error) } };
}

/** The error that `plain` describes. */
export function fromPlainError(plain: PlainError): CountersignError {
  return new CountersignError(plain.code, plain.data as ErrorData[ErrorCode]);
}

/** Whether `error` is a `CountersignError` with the given code. */
export function hasCode<C extends ErrorCode>(error: unknown, code: C): error is CountersignError<C> {
  return error instanceof CountersignError && error.code === code;
}

/** Throws `invariant.broken` unless `condition` holds. Stays on in production: a broken rule stops the replica. */
export function invariant(condition: boolean, rule: string, detail: () => string): asserts condition {
  if (!condition) throw new CountersignError('invariant.broken', { rule, detail: detail() });
}
