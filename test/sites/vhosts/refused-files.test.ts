// A file that nginx does not take is the failure of its own project: nobody else waits for it, and
// nginx goes on, and starts, without it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseSlug, projectHost, type Slug } from '../../../src/domain/names.ts'
import { createManagedNginx } from '../../../src/sites/managed-nginx.ts'
import {
  type MainTextInput,
  renderMainText,
  renderVhostText,
} from '../../../src/sites/render-nginx.ts'
import { applyWhatIsTaken } from '../../../src/sites/start-nginx.ts'
import { openVhostFiles } from '../../../src/sites/vhosts/vhost-files.ts'
import { openVhostRecords } from '../../../src/sites/vhosts/vhost-records.ts'
import { Vhosts } from '../../../src/sites/vhosts/vhosts.ts'
import { openSiteLab, type SiteLab } from '../../tools/site-lab.ts'

/** What a defect of ours might write into the file of one project, beside what belongs there. */
type Defects = Map<Slug, string>

interface Server extends AsyncDisposable {
  readonly vhosts: Vhosts
  readonly start: () => Promise<void>
  readonly logged: string[]
  readonly bring: (slug: Slug, says: string) => Promise<boolean>
}

let lab: SiteLab
let defects: Defects

beforeEach(async () => {
  lab = await openSiteLab({ limits: { reloadPauseMs: 0 } })
  defects = new Map()
})

afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

const [good, bad, other] = ['good', 'bad', 'other'].map(parseSlug) as [Slug, Slug, Slug]
const fileOf = (slug: Slug): string => join(lab.config.dataDir, 'nginx/vhosts', `${slug}.conf`)

function openServer(): Server {
  const { config } = lab
  const listen = [`127.0.0.1:${config.nginx.httpPort}`]
  const files = openVhostFiles(config)
  const input = (): MainTextInput => {
    return { listen, entrance: null, workerUser: 'www-data', vhostsDigest: files.digest() }
  }
  const nginx = createManagedNginx(config, () => renderMainText(config, input()))
  const logged: string[] = []
  const vhosts = new Vhosts({
    limits: config.limits,
    nginx,
    files,
    records: openVhostRecords(config),
    render: (vhost) => `${renderVhostText(config, input(), vhost)}${defects.get(vhost.slug) ?? ''}`,
    logError: (message) => logged.push(message),
  })
  return {
    vhosts,
    logged,
    start: async () => {
      await vhosts.mend(() => true)
      await applyWhatIsTaken({ ...nginx, vhosts })
    },
    bring: (slug, says) =>
      vhosts.bring(
        {
          slug,
          release: { number: 1, ruleFiles: { _headers: `/*\n  X-Says: ${says}\n` } },
          hosts: () => [projectHost(slug, config.frontendDomain)],
          readKept: () => Promise.resolve({ releases: [1], live: 1 }),
        },
        () => undefined,
      ),
    [Symbol.asyncDispose]: async () => {
      vhosts.end()
      await nginx.stop()
      await vhosts.settle()
    },
  }
}

it('is refused, leaves no trace, and is told in the words of nginx', async () => {
  await using server = openServer()
  await server.start()
  defects.set(bad, 'nonsense;')
  await expect(server.bring(bad, 'x')).rejects.toMatchObject({
    code: 'nginx_refused',
    message: expect.stringContaining('unknown directive "nonsense"'),
  })
  expect(existsSync(fileOf(bad))).toBe(false)
  expect(existsSync(join(lab.config.dataDir, 'vhosts/bad.json'))).toBe(false)
  defects.clear()
  expect(await server.bring(bad, 'x')).toBe(true)
})

it('keeps the file from before where the new one is refused', async () => {
  await using server = openServer()
  await server.start()
  await server.bring(bad, 'first')
  defects.set(bad, 'nonsense;')
  await expect(server.bring(bad, 'second')).rejects.toMatchObject({ code: 'nginx_refused' })
  defects.clear()
  expect(await server.bring(bad, 'first')).toBe(false)
})

it('holds up nobody who waits for the same reload', async () => {
  await using server = openServer()
  await server.start()
  await server.bring(good, 'first')
  // Each is good by itself, and beside the other it is not.
  for (const slug of [good, bad]) defects.set(slug, "log_format own '$uri';\n")
  await server.bring(good, 'second')
  const [others, bads] = await Promise.allSettled([
    server.bring(other, 'x'),
    server.bring(bad, 'x'),
  ])
  expect(others).toEqual({ status: 'fulfilled', value: true })
  expect(bads).toMatchObject({
    status: 'rejected',
    reason: { message: expect.stringContaining('duplicate "log_format" name "own"') },
  })
  expect([good, bad, other].map((slug) => existsSync(fileOf(slug)))).toEqual([true, false, true])
  expect(server.logged).toEqual([])
})

it('does not keep nginx from its start: the others are there', async () => {
  {
    await using server = openServer()
    await server.start()
    for (const slug of [good, bad, other]) await server.bring(slug, 'x')
  }
  defects.set(bad, 'nonsense;')
  await using server = openServer()
  await server.start()
  expect(server.logged).toEqual(['bad is served without its headers and redirects'])
  expect([good, bad, other].map((slug) => existsSync(fileOf(slug)))).toEqual([true, false, true])
  // The next push finds that nginx does not know it.
  defects.clear()
  expect(await server.bring(bad, 'x')).toBe(true)
})
