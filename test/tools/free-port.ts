/** Ports for what the tests start: free, and not chosen by any other test at the same time. */
import { randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'

/**
 * Free on IPv4 and, where there is one, on IPv6. Not one of those that the kernel hands out: a
 * connection of anybody's could take such a port before it is listened to, or between two starts.
 * It is this process's until it ends, so that nobody else is told it in the meantime.
 */
export async function findFreePort(): Promise<number> {
  const end = await readPortsEnd()
  for (;;) {
    const port = randomInt(10_000, end)
    const isOurs = await reserveName(`\0slipway-test-port-${port}`)
    if (isOurs && (await isFree(port))) return port
  }
}

/** Where the kernel's own ports begin, unless these leave next to nothing. */
async function readPortsEnd(): Promise<number> {
  const text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '')
  const first = Number.parseInt(text, 10)
  return first >= 12_000 && first <= 32_768 ? first : 32_000
}

/**
 * Takes a name among those that the kernel forgets with its holder (unix(7), abstract sockets).
 * False where another process of the tests, or this one, has it.
 */
function reserveName(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const holder = createServer()
    holder.once('error', () => {
      resolve(false)
    })
    holder.listen(name, () => {
      holder.unref()
      resolve(true)
    })
  })
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => {
      resolve(false)
    })
    server.listen(port, () => {
      resolve(true)
    })
  })
  if (isListening) await new Promise((closed) => server.close(closed))
  return isListening
}
