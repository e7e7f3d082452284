/** DNS-01 by dynamic update (RFC 2136): the primary name server takes signed changes. */
import { randomInt } from 'node:crypto'
import { connect } from 'node:net'
import type { DnsProvider } from './dns-provider.ts'
import {
  readOutcome,
  type RecordChange,
  renderUpdate,
  type TsigKey,
  type UpdateMessage,
} from './dns-update.ts'

export interface UpdateServer {
  readonly host: string
  readonly port: number
  readonly zone: string
  readonly key: TsigKey
  readonly timeoutMs: number
}

export function createUpdateProvider(server: UpdateServer, now = Date.now): DnsProvider {
  const change = async (changes: readonly RecordChange[], signal: AbortSignal): Promise<void> => {
    const time = { id: randomInt(65_536), seconds: Math.floor(now() / 1_000) }
    const message = renderUpdate({ zone: server.zone, changes }, server.key, time)
    const outcome = readOutcome(await ask(server, message, signal), message, server.key)
    if (outcome !== 'NOERROR') {
      throw new Error(
        `the name server ${server.host} refused to change ${changes[0]?.name ?? ''}: ` +
          `${outcome}${remedies[outcome] ?? ''}`,
      )
    }
  }
  return {
    present: (name, value, signal) => change([{ action: 'add', name, value }], signal),
    cleanUp: (name, value, signal) => change([{ action: 'remove', name, value }], signal),
  }
}

const remedies: Readonly<Record<string, string>> = {
  NOTAUTH: ' (it does not know the key, or is not the primary of the zone)',
  NOTZONE: ' (the name is not in the zone)',
  REFUSED: ' (its policy does not let the key change this name)',
}

/** One question over TCP (RFC 1035, section 4.2.2). */
async function ask(
  { host, port, timeoutMs }: UpdateServer,
  { bytes }: UpdateMessage,
  signal: AbortSignal,
): Promise<Buffer> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const socket = connect({ host, port })
  let received = Buffer.alloc(0)
  const abort = (): void => {
    socket.destroy(signal.reason)
  }
  signal.addEventListener('abort', abort)
  socket.setTimeout(timeoutMs, () =>
    socket.destroy(new Error(`the name server ${host} did not answer in ${timeoutMs / 1_000} s`)),
  )
  socket.on('error', reject)
  socket.on('close', () => {
    reject(new Error(`the name server ${host} closed the connection without an answer`))
  })
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    const length = received.length < 2 ? Infinity : received.readUInt16BE(0)
    if (received.length < 2 + length) return
    resolve(received.subarray(2, 2 + length))
    socket.destroy()
  })
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  socket.write(Buffer.concat([length, bytes]))
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', abort)
    socket.destroy()
  }
}
