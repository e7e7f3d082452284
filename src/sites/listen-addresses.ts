/** On which addresses nginx listens, and whether another program sits there. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { SlipwayError } from '../domain/errors.ts'
import { hasErrorCode } from '../machine/files.ts'

/** This machine only, for the demo and the tests. */
export function loopbackAddresses(port: number): readonly string[] {
  return hasAddress('::1') ? [`127.0.0.1:${port}`, `[::1]:${port}`] : [`127.0.0.1:${port}`]
}

/** The whole world. */
export function allAddresses(port: number): readonly string[] {
  return hasIpv6() ? [String(port), `[::]:${port}`] : [String(port)]
}

/** Throws `nginx_refused` for the first that is taken: nginx would try for seconds, and say less. */
export async function requireFreeAddresses(addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    const found = /^(?:\[?([^\]]+?)\]?:)?([0-9]+)$/.exec(address)
    const port = Number(found?.[2])
    const server = createServer()
    try {
      server.listen({ port, host: found?.[1] ?? '0.0.0.0' })
      await once(server, 'listening')
    } catch (error) {
      throw refuseAddress(address, error)
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

function refuseAddress(address: string, error: unknown): unknown {
  const problem = hasErrorCode(error, 'EADDRINUSE')
    ? `another program listens on ${address}.`
    : hasErrorCode(error, 'EACCES', 'EADDRNOTAVAIL')
      ? `it may not listen on ${address} (${error.code}).`
      : null
  return problem === null ? error : new SlipwayError('nginx_refused', { problem }, error)
}

function hasAddress(wanted: string): boolean {
  return Object.values(networkInterfaces()).some((each) =>
    each?.some(({ address }) => address === wanted),
  )
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((each) =>
    each?.some(({ family }) => family === 'IPv6'),
  )
}
