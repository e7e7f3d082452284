/** Visitors who come by https all the time, each on a connection of its own. */
import { once } from 'node:events'
import { connect } from 'node:tls'

export interface SteadyHandshakes {
  /** What went wrong so far, in the visitors' words. */
  readonly failures: readonly string[]
  /** How often each certificate was seen, by its serial number. */
  readonly seen: ReadonlyMap<string, number>
  /** Ends when all who are on their way have arrived. */
  readonly stop: () => Promise<void>
}

/** They trust the root and nothing else. */
export function startHandshakes(asked: {
  readonly port: number
  readonly host: string
  readonly root: string
  readonly visitors?: number
}): SteadyHandshakes {
  const failures: string[] = []
  const seen = new Map<string, number>()
  let isOver = false
  const visit = async (): Promise<void> => {
    while (!isOver) {
      try {
        const serial = await shakeHandsOnce(asked)
        seen.set(serial, (seen.get(serial) ?? 0) + 1)
      } catch (error) {
        failures.push(String(error))
      }
    }
  }
  const visiting = Array.from({ length: asked.visitors ?? 4 }, visit)
  return {
    failures,
    seen,
    stop: async () => {
      isOver = true
      await Promise.all(visiting)
    },
  }
}

/** Answers the serial number of the certificate that was shown. */
async function shakeHandsOnce(asked: {
  readonly port: number
  readonly host: string
  readonly root: string
}): Promise<string> {
  const { port, host, root } = asked
  const socket = connect({ host: '127.0.0.1', port, servername: host, ca: root })
  try {
    await once(socket, 'secureConnect')
    return socket.getPeerCertificate().serialNumber
  } finally {
    socket.on('error', () => undefined)
    socket.destroy()
  }
}
