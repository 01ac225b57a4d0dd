/** What a PostgreSQL client says, cut where it waits for an answer. */
export type ClientRequest =
  /** SSLRequest or GSSENCRequest: "may we speak encrypted?" */
  | { readonly kind: 'encryption' }
  | { readonly kind: 'startup'; readonly bytes: Buffer }
  /** A simple query, or everything up to a Sync: it ends in ReadyForQuery. */
  | { readonly kind: 'batch'; readonly bytes: Buffer }
  /** CancelRequest, Terminate, or another protocol: there is nothing more to answer. */
  | { readonly kind: 'end' };

/**
 * Cut one client's bytes into requests, in whatever pieces they arrive. Throws on a length that no
 * message can have. Flush does not end a batch: who sends it must send Sync as well.
 */
export function createRequestCutter(): (chunk: Buffer) => ClientRequest[] {
  let chunks: Buffer[] = [];
  let buffered = 0;
  /** Where the next message begins, in what is buffered. */
  let messageStart = 0;
  /** Bytes without which the next message is not complete: until then the chunks are not joined. */
  let needed = 0;
  let started = false;

  return (chunk) => {
    chunks.push(chunk);
    buffered += chunk.length;
    if (buffered < needed) return [];

    const bytes = Buffer.concat(chunks);
    const requests: ClientRequest[] = [];
    let requestStart = 0;
    for (;;) {
      const messageEnd = endOfMessage(bytes, messageStart, started);
      needed = messageEnd;
      if (messageEnd > bytes.length) break;

      const request = started
        ? requestEnding(bytes, requestStart, messageStart, messageEnd)
        : openingRequest(bytes.subarray(messageStart, messageEnd));
      messageStart = messageEnd;
      if (!request) continue;
      requests.push(request);
      requestStart = messageEnd;
      started ||= request.kind === 'startup';
    }

    chunks = [bytes.subarray(requestStart)];
    buffered -= requestStart;
    messageStart -= requestStart;
    needed -= requestStart;
    return requests;
  };
}

const lengthBytes = 4;

/** May lie behind the end of `bytes`; then at least that much is needed to know more. */
function endOfMessage(bytes: Buffer, start: number, started: boolean): number {
  // Only what comes before the startup has no type byte.
  const typeBytes = started ? 1 : 0;
  const bodyStart = start + typeBytes + lengthBytes;
  if (bytes.length < bodyStart) return bodyStart;
  const length = bytes.readUInt32BE(start + typeBytes);
  if (length < (started ? lengthBytes : 2 * lengthBytes)) {
    throw new Error(`A PostgreSQL message must tell its own length; got ${length}.`);
  }
  return start + typeBytes + length;
}

const encryptionCodes: ReadonlySet<number> = new Set([80_877_103, 80_877_104]);
const protocolMajor = 3;

function openingRequest(message: Buffer): ClientRequest {
  if (encryptionCodes.has(message.readUInt32BE(lengthBytes))) return { kind: 'encryption' };
  if (message.readUInt16BE(lengthBytes) !== protocolMajor) return { kind: 'end' };
  return { kind: 'startup', bytes: message };
}

function requestEnding(
  bytes: Buffer,
  requestStart: number,
  messageStart: number,
  messageEnd: number,
): ClientRequest | null {
  switch (String.fromCharCode(bytes[messageStart]!)) {
    case 'Q':
    case 'S':
      return { kind: 'batch', bytes: bytes.subarray(requestStart, messageEnd) };
    case 'X':
      return { kind: 'end' };
    default:
      return null;
  }
}
