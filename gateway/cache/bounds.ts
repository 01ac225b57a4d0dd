/**
 * How long a write may stay unseen of which nobody told us: one behind our back, or of a gateway
 * that cannot reach Redis, which acknowledges it only after so long.
 */
export const unseenMsMax = 100;

/** Twice in `unseenMsMax`, so that one poll is always young enough while the next is under way. */
export const pollEveryMs = 50;
export const pollMsMax = 80;
/** What a search must have left to wait for a poll, or two, and be done by the pods after all. */
export const patientMsMin = 5 * pollMsMax;
/** Of a collection that nobody searches any more. */
export const pollForMs = 60_000;

/** For an answer of Redis that a search waits for: between these, by what searches take. */
export const redisReadMsMin = 2;
export const redisReadMsMax = 25;
/** For one that a writer waits for, or nobody. */
export const redisWriteMsMax = 50;
/** Before Redis is asked again that did badly. */
export const redisPauseMs = 500;

/** Searches of which it is remembered that they were seen. */
export const admissionKeysMax = 100_000;

/** In which a gateway does a search for others too; if it goes away, they wait no longer. */
export const leaseMs = 300;
/** How long they wait between looks: a search by an index takes some ms, an exact one some 100. */
export const leasePausesMs = [2, 4, 8, 16, 32, 64, 128] as const;
