/**
 * A managed nginx with many hosts, each with a certificate of its own, and the schedule that looks
 * after them. What is there before is put there by hand; what is measured goes the product's way.
 */
import { chown, link, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import {
  type CertificateFiles,
  createCertificateFiles,
} from '../src/certificates/certificate-files.ts'
import { createHttpSolver } from '../src/certificates/http-challenges.ts'
import { type LocalAuthority, openLocalAuthority } from '../src/certificates/local-authority.ts'
import { findNginxGroup } from '../src/certificates/nginx-group.ts'
import { CertificateSchedule } from '../src/certificates/schedule.ts'
import { type Config, limits } from '../src/config.ts'
import type { HostName } from '../src/domain/names.ts'
import { runCommand } from '../src/machine/run-command.ts'
import { hostsFolder, certificatesFolder, challengesFolder } from '../src/sites/site-folders.ts'
import { createManagedNginx } from '../src/sites/managed-nginx.ts'
import { managedPrefix, renderMainText } from '../src/sites/render-nginx.ts'
import { createNginx } from '../src/sites/start-nginx.ts'
import { createCertificateStore } from '../src/store/certificates.ts'
import { openDatabase } from '../src/store/database.ts'
import { findFreePort, openSiteLab, type SiteLab } from '../test/tools/site-lab.ts'
import { addRuled, giveRules } from './hosts-rules.ts'
import { hostAt, makeSite, slugAt } from './hosts-sites.ts'

/** One host in so many has a certificate of its own; the others share the bytes of one. */
const ownEach = 10
const atOnce = 32
/** What the ledger remembers of a busy week. */
const ordersMax = 15_000

export interface HostsLab extends AsyncDisposable {
  readonly config: Config
  readonly schedule: CertificateSchedule
  readonly httpsPort: number
  /** As after a long stop of the server. */
  readonly makeAllDue: () => void
  /** A new host with its project, until it answers by https with a certificate of its own. */
  readonly addHost: () => Promise<void>
  /** Every tenth project has headers and redirects of its own from then on; answers how many. */
  readonly giveRules: () => Promise<number>
  /** A new project with such rules, until it answers by them; by HTTP, as the first push does. */
  readonly addRuled: () => Promise<void>
  /** On a new connection; any certificate will do. */
  readonly visitAny: () => Promise<void>
  readonly hostAt: (index: number) => HostName
  /** Another configuration, tested and taken; `extra` stands at the end of its `http` block. */
  readonly reload: (extra?: string) => Promise<void>
  /** `nginx -t` of the configuration that it runs by. */
  readonly testText: () => Promise<void>
  /** Of master and workers. */
  readonly pids: () => Promise<readonly number[]>
}

export async function openHostsLab(count: number): Promise<HostsLab> {
  const httpsPort = await findFreePort()
  const lab = await openSiteLab({
    environment: {
      // Nobody is asked there: it makes nginx serve a certificate a host.
      ACME_DIRECTORY: 'https://authority.invalid/directory',
      NGINX_HTTPS_PORT: String(httpsPort),
    },
    // What a reload costs is measured, and not how long it is held back.
    limits: { reloadPauseMs: 0 },
  })
  const { config, folder } = lab
  const authorityDir = join(folder, 'authority')
  await mkdir(authorityDir)
  const authority = await openLocalAuthority(authorityDir, 'test')
  const files = createCertificateFiles(certificatesFolder(config), await findNginxGroup())
  await lab.nginx.apply()
  await fillDisk(lab, { count, authority, files })
  const database = openDatabase(config.dataDir)
  const store = createCertificateStore(database)
  fillStore({ database, store }, count)
  const waiting = new Map<string, () => void>()
  const schedule = new CertificateSchedule({
    store,
    files,
    authority: {
      name: 'local',
      issue: ({ names }) => authority.issue(names),
      renewalWindow: () => Promise.resolve(null),
    },
    solverOf: () => createHttpSolver(challengesFolder(config)),
    wildcardDomain: null,
    preflight: () => Promise.resolve(),
    isLimited: true,
    tellTry: ({ name, result }) => {
      if (result === 'issued') waiting.get(name)?.()
    },
    logError: (message, error) => {
      throw new Error(message, { cause: error })
    },
  })
  // The schedule keeps no process up; a server has its door for that.
  const staying = setInterval(() => undefined, 60_000)
  let added = count
  let visited = 0
  let generation = 0
  return {
    config,
    schedule,
    httpsPort,
    hostAt,
    makeAllDue: () => {
      database.write(() => {
        for (const record of store.list()) store.save({ ...record, nextTry: new Date(0) })
      })
    },
    addHost: async () => {
      added += 1
      const host = hostAt(added)
      await makeSite(lab, slugAt(added))
      const issued = new Promise<void>((resolve) => waiting.set(host, resolve))
      await lab.sites.linkHost(slugAt(added), host)
      schedule.request(host)
      await issued
      const { status } = await visitEncrypted(httpsPort, host, authority.root)
      if (status !== 200) throw new Error(`${host}: ${status}`)
    },
    giveRules: () => giveRules(lab, count),
    addRuled: async () => {
      added += 1
      await addRuled(lab, slugAt(added), hostAt(added))
    },
    visitAny: async () => {
      // Far from one another, so that what was read before helps little.
      visited += 7_919
      const host = hostAt(1 + (visited % count))
      const { status } = await visitEncrypted(httpsPort, host)
      if (status !== 200) throw new Error(`${host}: ${status}`)
    },
    reload: (extra = '') => {
      generation += 1
      return applyOther(config, { generation, extra, httpsPort })
    },
    testText: () => testText(config),
    pids: () => readPids(config),
    [Symbol.asyncDispose]: async () => {
      clearInterval(staying)
      await schedule[Symbol.asyncDispose]()
      database.close()
      await lab[Symbol.asyncDispose]()
    },
  }
}

async function fillDisk(
  lab: SiteLab,
  parts: {
    readonly count: number
    readonly authority: LocalAuthority
    readonly files: CertificateFiles
  },
): Promise<void> {
  const { count, authority, files } = parts
  const shared = join(lab.folder, 'shared')
  await mkdir(shared)
  const pair = await authority.issue([hostAt(1)])
  await files.write(hostAt(1), pair, [hostAt(1)])
  const certificates = certificatesFolder(lab.config)
  const group = (await findNginxGroup()) ?? -1
  const placeCertificate = async (index: number): Promise<void> => {
    const version = join(certificates, '.versions', hostAt(index), '0')
    await mkdir(version, { recursive: true, mode: 0o750 })
    for (const folder of [join(version, '..'), version]) await chown(folder, -1, group)
    const own = index % ownEach === 0 ? await authority.issue([hostAt(index)]) : null
    for (const [name, text] of Object.entries({
      'fullchain.pem': own?.chain ?? null,
      'privkey.pem': own?.key ?? null,
    })) {
      const path = join(version, name)
      if (text === null) await link(join(certificates, hostAt(1), name), path)
      else {
        await writeFile(path, text, { mode: 0o640 })
        await chown(path, -1, group)
      }
    }
    await symlink(version, join(certificates, hostAt(index)))
  }
  const indexes = Array.from({ length: count }, (_, index) => index + 1).values()
  const work = async (): Promise<void> => {
    for (const index of indexes) {
      await makeSite(lab, slugAt(index))
      const site = join(lab.config.nginx.wwwRoot, slugAt(index))
      await symlink(site, join(hostsFolder(lab.config), hostAt(index)))
      if (index > 1) await placeCertificate(index)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  // What is written behind our back until then would be waited for by whoever writes next.
  await runCommand({ program: 'sync', args: [], timeoutMs: 10 * 60_000 })
}

/** All looked after and due in some hours, as on any day. */
function fillStore(
  {
    database,
    store,
  }: {
    readonly database: ReturnType<typeof openDatabase>
    readonly store: ReturnType<typeof createCertificateStore>
  },
  count: number,
): void {
  const now = Date.now()
  const day = 24 * 3_600_000
  database.write(() => {
    for (let index = 1; index <= count; index += 1) {
      store.save({
        name: hostAt(index),
        projectId: null,
        notBefore: new Date(now),
        notAfter: new Date(now + 90 * day),
        renewAt: new Date(now + 60 * day),
        nextTry: new Date(now + day / 4 + index),
        failures: 0,
        reason: null,
        isHeldBack: false,
      })
    }
    const orders = Math.min(count, ordersMax)
    for (let index = 1; index <= orders; index += 1) {
      // Longer ago than the shortest of the limits, and not so long that nothing counts them.
      const at = new Date(now - day - (index * 5 * day) / orders)
      const names = [hostAt(index)]
      const entry = { at, names, projectId: null, outcome: 'issued', isRenewal: false } as const
      store.enter(entry, new Date(0))
    }
  })
}

/** Without a root, whatever certificate is shown will do. */
export function visitEncrypted(
  port: number,
  host: string,
  root?: string,
): Promise<{ readonly status: number }> {
  return new Promise((resolve, reject) => {
    const trust = root === undefined ? { rejectUnauthorized: false } : { ca: root }
    const asked = request(
      { host: '127.0.0.1', port, servername: host, headers: { host }, agent: false, ...trust },
      (answer) => {
        answer.resume()
        answer.on('error', reject)
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0 })
        })
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}

/** The number of seconds of a header makes each configuration another one. */
async function applyOther(
  config: Config,
  wish: { readonly generation: number; readonly extra: string; readonly httpsPort: number },
): Promise<void> {
  const other = { ...config, nginx: { ...config.nginx, hstsSeconds: wish.generation } }
  if (wish.extra === '') {
    await createNginx(other, null).apply()
    return
  }
  const rendered = renderMainText(other, {
    listen: [`127.0.0.1:${config.nginx.httpPort}`],
    entrance: null,
    tls: { listen: [`127.0.0.1:${wish.httpsPort}`], hasHttp2Directive: false, hasWildcard: false },
    workerUser: process.getuid?.() === 0 ? 'www-data' : null,
  })
  const text = rendered.text.replace(/\}\s*$/, `${wish.extra}\n}\n`)
  await createManagedNginx(other, () => ({ ...rendered, text })).apply()
}

async function testText(config: Config): Promise<void> {
  const prefix = managedPrefix(config)
  const errorLog = join(prefix, 'logs', 'error.log')
  const text = join(prefix, 'nginx.conf')
  const pid = `pid ${join(prefix, 'bench.pid')};`
  const { exitCode, stderr } = await runCommand({
    program: 'nginx',
    args: ['-p', prefix, '-e', errorLog, '-t', '-q', '-c', text, '-g', pid],
    timeoutMs: 3 * limits.nginxTimeoutMs,
  })
  if (exitCode !== 0) throw new Error(stderr)
}

async function readPids(config: Config): Promise<readonly number[]> {
  const master = (await readFile(join(managedPrefix(config), 'nginx.pid'), 'utf8')).trim()
  const tasks = await readdir(`/proc/${master}/task`)
  const children = await Promise.all(
    tasks.map((task) => readFile(`/proc/${master}/task/${task}/children`, 'utf8')),
  )
  const workers = children.flatMap((text) => text.trim().split(' ')).filter((pid) => pid !== '')
  return [master, ...workers].map(Number)
}
