// Which rules a release is shown by, when nginx is reloaded for it, and what never costs a reload.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type HostName, parseSlug, projectHost } from '../../src/domain/names.ts'
import { Secret } from '../../src/domain/secret.ts'
import { createSites } from '../../src/sites/sites.ts'
import { type SitesNginx, startNginx } from '../../src/sites/start-nginx.ts'
import { type Files, type SiteLab, startSiteLab, visit } from '../tools/site-lab.ts'
import { until } from '../tools/until.ts'

const other = parseSlug('other-app')
let lab: SiteLab

beforeEach(async () => {
  // What is tested here is which reloads there are, not that they are held back.
  lab = await startSiteLab({ limits: { reloadPauseMs: 0 } })
})

afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

/** Publishes, tells nginx of the rules and goes live; answers whether nginx was reloaded. */
async function deploy(number: number, files: Files): Promise<boolean> {
  await lab.publish(number, { 'index.html': `v${number}`, ...files })
  await lab.sites.linkHost(lab.slug, lab.host)
  return goLive(number)
}

async function goLive(number: number, sites = lab.sites): Promise<boolean> {
  const hosts = () => [lab.host]
  const release = { slug: lab.slug, number, hosts }
  const isReloaded = await sites.bringRules(release, () => undefined)
  await sites.activate(lab.slug, number)
  return isReloaded
}

/** Another project, which has a release with a header. */
async function deployOther(): Promise<void> {
  await lab.sites.publish({
    slug: other,
    number: 1,
    from: { dir: await lab.write({ 'index.html': 'other', ...says('other') }) },
    outputName: 'dist',
    spaFallback: false,
    manifest: { commit: 'c0ffee' },
    signal: new AbortController().signal,
  })
  const hosts = () => [projectHost(other, lab.config.frontendDomain)]
  await lab.sites.bringRules({ slug: other, number: 1, hosts }, () => undefined)
  await lab.sites.activate(other, 1)
}

/** As the next server does it; what it logs is a failure of the test. */
function restart(isProject = true): Promise<SitesNginx> {
  return startNginx(
    lab.config,
    { hosts: [], secret: new Secret('') },
    {
      isProject: () => isProject,
      logError: (message, error) => {
        throw new Error(message, { cause: error })
      },
    },
  )
}

const says = (text: string): Files => ({ _headers: `/*\n  X-Says: ${text}\n` })
const heard = async (): Promise<readonly unknown[]> => {
  const { body, headers } = await lab.get('/')
  return [body, headers['x-says']]
}
const vhostFiles = (): Promise<readonly string[]> =>
  readdir(join(lab.config.dataDir, 'nginx/vhosts')).catch(() => [])

it('costs a reload where the rules are others, and none where they are the same', async () => {
  expect(await deploy(1, {})).toBe(false)
  expect(await vhostFiles()).toEqual([])
  expect(await deploy(2, says('two'))).toBe(true)
  expect(await heard()).toEqual(['v2', 'two'])
  expect(await deploy(3, { _headers: '# the same\n/*\n  x-says: two' })).toBe(false)
  expect(await heard()).toEqual(['v3', 'two'])
  expect(await deploy(4, says('four'))).toBe(true)
  expect(await deploy(5, {})).toBe(true)
  expect(await heard()).toEqual(['v5', undefined])
  expect(await deploy(6, {})).toBe(false)
})

it('brings the rules of an earlier release back with it, without a reload', async () => {
  await deploy(1, says('one'))
  await deploy(2, says('two'))
  await deploy(3, { _redirects: '/old /new 302!' })
  expect(await goLive(1)).toBe(false)
  expect(await heard()).toEqual(['v1', 'one'])
  expect((await lab.get('/old')).status).toBe(404)
  expect(await goLive(3)).toBe(false)
  expect(await heard()).toEqual(['v3', undefined])
  expect((await lab.get('/old')).headers.location).toBe('/new')
})

it('brings them from the release where nginx does not know them any more', async () => {
  await deploy(1, says('one'))
  await rm(join(lab.config.dataDir, 'vhosts'), { recursive: true })
  const nginx = await restart()
  expect(await vhostFiles()).toEqual([])
  expect(await heard()).toEqual(['v1', undefined])
  expect(await goLive(1, createSites({ config: lab.config, nginx }))).toBe(true)
  expect(await heard()).toEqual(['v1', 'one'])
})

it('has no file left where no release has rules any more', async () => {
  await deploy(1, says('one'))
  await deploy(2, {})
  expect(await vhostFiles()).toEqual(['mon-app.conf'])
  await lab.sites.removeRelease(lab.slug, 1)
  expect(await deploy(3, {})).toBe(false)
  await until(async () => (await vhostFiles()).length === 0)
  await until(async () => (await heard())[0] === 'v3')
})

it('forgets the rules of a release that did not go live after all', async () => {
  await deploy(1, says('one'))
  await lab.publish(2, { 'index.html': 'v2', ...says('two') })
  const release = { slug: lab.slug, number: 2, hosts: () => [lab.host] }
  await lab.sites.bringRules(release, () => undefined)
  expect(await heard()).toEqual(['v1', 'one'])
  await lab.sites.takeBackRules(lab.slug, 2)
  const file = join(lab.config.dataDir, 'nginx/vhosts/mon-app.conf')
  await until(async () => !(await readFile(file, 'utf8')).includes('two'))
  expect(await heard()).toEqual(['v1', 'one'])
})

it('shows the rules at each of its hosts, and at no host that has gone to another', async () => {
  const own = 'www.example.test' as HostName
  const ask = async (): Promise<readonly unknown[]> => {
    const asked = { path: '/', headers: { host: own } }
    const { status, headers } = await visit(lab.config.nginx.httpPort, asked)
    return [status, headers['x-says']]
  }
  await deploy(1, says('one'))
  await lab.sites.linkHost(lab.slug, own)
  await until(async () => (await ask())[1] === 'one')
  await lab.sites.unlinkHost(own)
  await expect(ask()).rejects.toThrow('socket hang up')
})

it('shows a host that moves to another project by the rules of that one', async () => {
  const own = 'www.example.test' as HostName
  const folder = join(lab.config.dataDir, 'nginx/vhosts')
  await deploy(1, says('one'))
  await deployOther()
  await lab.sites.linkHost(lab.slug, own)
  await lab.sites.unlinkHost(own)
  await lab.sites.linkHost(other, own)
  const asked = { path: '/', headers: { host: own } }
  await until(async () => {
    const { headers } = await visit(lab.config.nginx.httpPort, asked)
    return headers['x-says'] === 'other'
  })
  expect(await readFile(join(folder, 'mon-app.conf'), 'utf8')).not.toContain(own)
})

it('goes with its project', async () => {
  await deploy(1, says('one'))
  await lab.sites.unlinkHost(lab.host)
  await lab.sites.removeSite(lab.slug)
  await until(async () => (await vhostFiles()).length === 0)
  expect(await readdir(join(lab.config.dataDir, 'vhosts'))).toEqual([])
})

it('is made right when the server starts, whatever was done to the files meanwhile', async () => {
  await deploy(1, says('one'))
  const folder = join(lab.config.dataDir, 'nginx/vhosts')
  await writeFile(join(folder, 'mon-app.conf'), 'nonsense')
  await writeFile(join(folder, 'gone.conf'), 'server { listen 1; }')
  await restart()
  expect(await vhostFiles()).toEqual(['mon-app.conf'])
  expect(await heard()).toEqual(['v1', 'one'])
  await restart(false)
  expect(await vhostFiles()).toEqual([])
})

it('is made right where nginx complains of it, so that it holds up no other project', async () => {
  await deploy(1, says('one'))
  const folder = join(lab.config.dataDir, 'nginx/vhosts')
  await writeFile(join(folder, 'gone.conf'), 'nonsense;')
  await writeFile(join(folder, 'mon-app.conf'), 'nonsense;')
  await deployOther()
  expect(await vhostFiles()).toEqual(['mon-app.conf', 'other-app.conf'])
  expect(await heard()).toEqual(['v1', 'one'])
})

it('starts no nginx that was stopped, for a change that nobody waits for', async () => {
  await deploy(1, says('one'))
  for (const name of ['www', 'shop', 'blog']) {
    await lab.sites.linkHost(lab.slug, `${name}.example.test` as HostName)
  }
  await lab.nginx.stop()
  expect(await lab.nginx.isServing()).toBe(false)
})
