/**
 * Every bound of the network layer, with its default and its reason.
 * @module
 */

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

/** The bounds of a replica's or a client's network. Each can be set; `DEFAULT_LIMITS` holds the defaults. */
export interface NetworkLimits {
  /**
   * Clients connected at one time. Default 256: a replica serves its own supervisors and their programs, and each
   * connection may hold `clientQueueMaxBytes`. Other replicas do not count: clients can never shut them out.
   */
  readonly maxConnections: number;
  /** Clients connected from one remote address. Default 64: room for a cluster on loopback or behind one router. */
  readonly maxConnectionsPerAddress: number;
  /**
   * Connections of one address that have not said who they are yet. Default 16: enough for a burst of
   * reconnections, little enough that silent ones cost nothing. More are dropped without a word.
   */
  readonly maxUnauthenticatedPerAddress: number;
  /** Largest message, in bytes. Default 8 MiB, the largest payload, and 64 KiB for what is around it. */
  readonly maxMessageBytes: number;
  /** Bytes a side may send before it is authenticated. Default 4 KiB: a handshake message has under 400. */
  readonly maxHandshakeBytes: number;
  /** From the TCP connection to the end of the handshake, in ms. Default 5,000: many round trips of any link. */
  readonly authenticateTimeoutMs: number;
  /**
   * Messages (and pings) a client may send each second, on average. Default 2,000: about a tenth of the
   * signatures that one core verifies, so that one flooding client leaves room for the others.
   */
  readonly clientMessagesPerSecond: number;
  /** Messages a client may send at once after a pause. Default 4,000: two seconds' worth. */
  readonly clientMessageBurst: number;
  /** Bytes a client may send each second, on average. Default 16 MiB: two of the largest messages. */
  readonly clientBytesPerSecond: number;
  /** Bytes a client may send at once after a pause. Default 32 MiB: two seconds' worth. */
  readonly clientByteBurst: number;
  /** Bytes that may wait for a replica to read them. Default 64 MiB: seconds of full load. */
  readonly replicaQueueMaxBytes: number;
  /** Bytes that may wait for a client to read them. Default 8 MiB: a client is answered, not fed. */
  readonly clientQueueMaxBytes: number;
  /** Between two pings, in ms. Default 15,000: keeps routers from forgetting the connection. */
  readonly pingIntervalMs: number;
  /** Pings in a row without an answer after which the other side counts as dead. Default 2. */
  readonly maxMissedPings: number;
  /** First pause before dialling again, in ms. Default 100; it doubles up to `reconnectMaxMs`. */
  readonly reconnectMinMs: number;
  /** Longest pause before dialling again, in ms. Default 5,000: an awakened replica is soon found again. */
  readonly reconnectMaxMs: number;
  /** How long a closing connection may take to say goodbye, in ms. Default 1,000; then it is cut. */
  readonly closeGraceMs: number;
}

/** The bounds that hold unless others are given. */
export const DEFAULT_LIMITS: NetworkLimits = {
  maxConnections: 256,
  maxConnectionsPerAddress: 64,
  maxUnauthenticatedPerAddress: 16,
  maxMessageBytes: 8 * MEBIBYTE + 64 * KIBIBYTE,
  maxHandshakeBytes: 4 * KIBIBYTE,
  authenticateTimeoutMs: 5_000,
  clientMessagesPerSecond: 2_000,
  clientMessageBurst: 4_000,
  clientBytesPerSecond: 16 * MEBIBYTE,
  clientByteBurst: 32 * MEBIBYTE,
  replicaQueueMaxBytes: 64 * MEBIBYTE,
  clientQueueMaxBytes: 8 * MEBIBYTE,
  pingIntervalMs: 15_000,
  maxMissedPings: 2,
  reconnectMinMs: 100,
  reconnectMaxMs: 5_000,
  closeGraceMs: 1_000,
};
