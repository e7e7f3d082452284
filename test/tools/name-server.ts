/** BIND on this machine, primary of one zone whose records a key may change. */
import { randomBytes } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TsigKey } from '../../src/certificates/dns-update.ts'
import { endGroup, runCommand, startProcess } from '../../src/machine/run-command.ts'
import { findFreePort } from './free-port.ts'
import { patienceMs } from './patience.ts'
import { until } from './until.ts'

export interface NameServer extends AsyncDisposable {
  readonly port: number
  readonly zone: string
  readonly key: TsigKey
  /** As BIND's own tools and the server's setting take it. */
  readonly keyFile: string
  readonly resolver: Resolver
  /** Changes as nsupdate takes them, such as `add www.shop.example. 1 A 127.0.0.1`. */
  readonly change: (...changes: readonly string[]) => Promise<void>
}

export interface ZoneOptions {
  /** Those that the key may change; TXT unless given. */
  readonly types?: 'TXT' | 'ANY'
  /**
   * Other zones, which nothing may change. Where there are any, names that lead from one zone to
   * another are followed; no other server is asked.
   */
  readonly fixed?: Readonly<Record<string, readonly string[]>>
}

const zoneHead = [
  '$TTL 1',
  '@ SOA ns hostmaster 1 3600 600 86400 1',
  '@ NS ns',
  'ns A 127.0.0.1',
] as const

/**
 * `records` are lines of a zone file, such as `www A 127.0.0.1`. `ANY` alone stands for
 * `{ types: 'ANY' }`.
 */
export async function startNameServer(
  zone: string,
  records: readonly string[] = [],
  how: 'ANY' | ZoneOptions = {},
): Promise<NameServer> {
  const { types = 'TXT', fixed = {} } = how === 'ANY' ? { types: how } : how
  const folder = await mkdtemp(join(tmpdir(), 'named-'))
  await chmod(folder, 0o777)
  const port = await findFreePort()
  const key = { name: 'acme-key', secret: randomBytes(32) }
  const keyText = `key "acme-key" { algorithm hmac-sha256; secret "${key.secret.toString('base64')}"; };\n`
  const keyFile = join(folder, 'acme.key')
  await writeFile(keyFile, keyText)
  const writeZone = (file: string, lines: readonly string[]): Promise<void> =>
    writeFile(join(folder, file), [...zoneHead, ...lines, ''].join('\n'))
  await writeZone('zone', records)
  // With a root of its own it asks nobody else.
  const others = Object.keys(fixed).length === 0 ? [] : Object.entries({ '.': [], ...fixed })
  for (const [name, lines] of others) await writeZone(`${name}.zone`, lines)
  const otherZones = others.map(
    ([name]) => `zone "${name}" { type primary; file "${name}.zone"; };\n`,
  )
  await writeFile(
    join(folder, 'named.conf'),
    `${keyText}
options {
  directory "${folder}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile none;
  recursion ${otherZones.length === 0 ? 'no' : 'yes'};
  notify no;
  dnssec-validation no;
};
controls { };
zone "${zone}" {
  type primary;
  file "zone";
  update-policy { grant acme-key zonesub ${types}; };
};
${otherZones.join('')}`,
  )
  const child = startProcess(
    { program: 'named', args: ['-f', '-n', '1', '-c', join(folder, 'named.conf')] },
    ['ignore', 'ignore', 'ignore'],
  )
  const resolver = new Resolver({ timeout: 5_000, tries: 10 })
  resolver.setServers([`127.0.0.1:${port}`])
  await until(() =>
    resolver.resolveNs(zone).then(
      () => true,
      () => false,
    ),
  )
  return {
    port,
    zone,
    key,
    keyFile,
    resolver,
    change: async (...changes) => {
      const lines = [
        `server 127.0.0.1 ${port}`,
        `zone ${zone}.`,
        ...changes.map((one) => `update ${one}`),
      ]
      const { exitCode, stderr } = await runCommand({
        program: 'nsupdate',
        args: ['-k', keyFile],
        input: [...lines, 'send', ''].join('\n'),
        timeoutMs: patienceMs,
      })
      if (exitCode !== 0) throw new Error(`nsupdate: ${stderr}`)
    },
    [Symbol.asyncDispose]: async () => {
      endGroup(child)
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
