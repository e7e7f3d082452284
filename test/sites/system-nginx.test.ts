// Debian's nginx, played by a real one whose folders are temporary: our file comes, or all is as before.
import { lstat, mkdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type NginxText, renderSharedText, renderVhostText } from '../../src/sites/render-nginx.ts'
import { createSites } from '../../src/sites/sites.ts'
import { findNamesHash } from '../../src/sites/start-nginx.ts'
import { createSystemNginx, type SystemCommands } from '../../src/sites/system-nginx.ts'
import type { Nginx } from '../../src/sites/nginx.ts'
import { openVhostFiles, type VhostFiles } from '../../src/sites/vhosts/vhost-files.ts'
import { openVhostRecords } from '../../src/sites/vhosts/vhost-records.ts'
import { Vhosts } from '../../src/sites/vhosts/vhosts.ts'
import { findFreePort, openSiteLab, type SiteLab } from '../tools/site-lab.ts'

const run = promisify(execFile)
let lab: SiteLab
let commands: SystemCommands

beforeEach(async () => {
  lab = await openSiteLab({
    environment: { NGINX_MODE: 'system', NGINX_HTTPS_PORT: String(await findFreePort()) },
    limits: { reloadPauseMs: 0 },
  })
  const etc = join(lab.folder, 'etc')
  await mkdir(join(etc, 'sites-enabled'), { recursive: true })
  const main = join(etc, 'nginx.conf')
  await writeFile(
    main,
    `user www-data; pid ${etc}/nginx.pid; error_log ${etc}/error.log;
     events { worker_connections 64; }
     http { access_log off; include ${etc}/sites-enabled/*; }`,
  )
  const nginx = ['nginx', '-p', etc, '-e', `${etc}/error.log`, '-c', main]
  commands = {
    test: [...nginx, '-t', '-q'],
    reloads: [
      ['systemctl-that-is-not-here', 'reload', 'nginx'],
      [...nginx, '-s', 'reload'],
    ],
  }
  await run('nginx', nginx.slice(1))
})

afterEach(async () => {
  const pid = Number(await readFile(join(lab.folder, 'etc/nginx.pid'), 'utf8'))
  process.kill(pid, 'SIGTERM')
  await lab[Symbol.asyncDispose]()
})

const available = (): string => join(lab.config.nginx.sitesDir, 'slipway.conf')
const enabled = (): string => join(lab.folder, 'etc/sites-enabled/slipway.conf')

const withOwnLog = (text: string): string =>
  text.replace('/var/log/nginx/slipway.access.log', `${lab.folder}/etc/access.log`)

function createSystem(
  change: (text: string) => string = (text) => text,
  files: Pick<VhostFiles, 'digest'> = { digest: () => '' },
): Nginx {
  const render = (): NginxText => {
    const { httpPort, httpsPort } = lab.config.nginx
    const listen = [`127.0.0.1:${httpPort}`]
    const overTls = [`127.0.0.1:${httpsPort}`]
    const tls = { listen: overTls, hasHttp2Directive: false, hasWildcard: false }
    const input = { listen, entrance: null, tls, vhostsDigest: files.digest() }
    const { text, generation } = renderSharedText(lab.config, input)
    return { text: change(withOwnLog(text)), generation }
  }
  return createSystemNginx(lab.config, render, commands)
}

it('gets our file and its link, and serves by it', async () => {
  const nginx = createSystem()
  await lab.deploy(1, { 'index.html': 'live' })
  await nginx.apply()
  await nginx.apply()
  expect(await nginx.isServing()).toBe(true)
  expect(await readlink(enabled())).toBe(available())
  expect((await lab.get('/')).body).toBe('live')
  await nginx.stop()
  expect(await nginx.isServing()).toBe(true)
})

it('has no trace of a first file that it does not take', async () => {
  const broken = createSystem((text) => text.replace('gzip on;', 'gzip perhaps;'))
  await expect(broken.apply()).rejects.toMatchObject({
    code: 'nginx_refused',
    message: expect.stringContaining('invalid value "perhaps"'),
  })
  for (const path of [available(), enabled()]) {
    await expect(lstat(path)).rejects.toMatchObject({ code: 'ENOENT' })
  }
})

it('has no trace either where another file is the default server for https', async () => {
  const { httpsPort } = lab.config.nginx
  const other = join(lab.folder, 'etc/sites-enabled/other.conf')
  await writeFile(other, `server { listen 127.0.0.1:${httpsPort} default_server; return 204; }`)
  await expect(createSystem().apply()).rejects.toMatchObject({
    code: 'nginx_refused',
    message: expect.stringContaining(`a duplicate default server for 127.0.0.1:${httpsPort}`),
  })
  await expect(lstat(enabled())).rejects.toMatchObject({ code: 'ENOENT' })
  await rm(other)
  await createSystem().apply()
  expect(await createSystem().isServing()).toBe(true)
})

it('goes on by the file from before where the new one is broken', async () => {
  await lab.deploy(1, { 'index.html': 'live' })
  const nginx = createSystem()
  await nginx.apply()
  const before = await readFile(available(), 'utf8')
  const broken = createSystem((text) => `${text}\nserver {`)
  await expect(broken.apply()).rejects.toMatchObject({ code: 'nginx_refused' })
  expect(await readFile(available(), 'utf8')).toBe(before)
  expect((await lab.get('/')).body).toBe('live')
  expect(await nginx.isServing()).toBe(true)
})

it('has the file of a project beside ours, with its link, and none that it does not take', async () => {
  const files = openVhostFiles(lab.config)
  const nginx = createSystem((text) => text, files)
  await nginx.apply()
  let defect = ''
  const listen = [`127.0.0.1:${lab.config.nginx.httpPort}`]
  const vhosts = new Vhosts({
    limits: lab.config.limits,
    nginx,
    files,
    records: openVhostRecords(lab.config),
    render: (vhost) =>
      withOwnLog(renderVhostText(lab.config, { listen, entrance: null }, vhost)) + defect,
    logError: (message, error) => {
      throw new Error(message, { cause: error })
    },
  })
  const sites = createSites({ config: lab.config, nginx: { ...nginx, vhosts } })
  const deploy = async (number: number, says: string): Promise<void> => {
    await lab.publish(number, { 'index.html': 'live', _headers: `/*\n  X-Says: ${says}\n` })
    await sites.linkHost(lab.slug, lab.host)
    await sites.bringRules({ slug: lab.slug, number, hosts: () => [lab.host] }, () => undefined)
    await sites.activate(lab.slug, number)
  }
  const paths = ['sites-available', 'sites-enabled'].map((folder) =>
    join(lab.folder, 'etc', folder, 'slipway_mon-app.conf'),
  )
  await deploy(1, 'one')
  expect(await readlink(paths[1] ?? '')).toBe(paths[0])
  expect((await lab.get('/')).headers['x-says']).toBe('one')
  defect = 'nonsense;'
  await expect(deploy(2, 'two')).rejects.toMatchObject({
    code: 'nginx_refused',
    message: expect.stringContaining('unknown directive "nonsense"'),
  })
  defect = ''
  expect(await readFile(paths[0] ?? '', 'utf8')).not.toContain('two')
  expect((await lab.get('/')).headers['x-says']).toBe('one')
  await rm(paths[1] ?? '')
  await vhosts.mend(() => true)
  expect(await readlink(paths[1] ?? '')).toBe(paths[0])
  await sites.removeSite(lab.slug)
  await vhosts.settle()
  for (const path of paths) await expect(lstat(path)).rejects.toMatchObject({ code: 'ENOENT' })
})

it('is told how long names may be by us, unless it was told by others', () => {
  const ours = '# configuration file /etc/nginx/sites-enabled/slipway.conf:\n'
  const others = '# configuration file /etc/nginx/nginx.conf:\nhttp {\n'
  const told = 'server_names_hash_bucket_size 64;\n'
  expect(findNamesHash(`${others}${ours}${told}`)).toBe(false)
  expect(findNamesHash(`${others}  # ${told}${ours}${told}`)).toBe(false)
  expect(findNamesHash(`${others}  ${told}}\n${ours}`)).toBe(true)
})
