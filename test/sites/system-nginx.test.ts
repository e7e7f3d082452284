// Debian's nginx, played by a real one whose folders are temporary: our file comes, or all is as before.
import { lstat, mkdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type NginxText, renderSharedText } from '../../src/sites/render-nginx.ts'
import { createSystemNginx, type SystemCommands } from '../../src/sites/system-nginx.ts'
import type { Nginx } from '../../src/sites/nginx.ts'
import { findFreePort, openSiteLab, type SiteLab } from '../tools/site-lab.ts'

const run = promisify(execFile)
let lab: SiteLab
let commands: SystemCommands

beforeEach(async () => {
  lab = await openSiteLab({
    environment: { NGINX_MODE: 'system', NGINX_HTTPS_PORT: String(await findFreePort()) },
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

function createSystem(change: (text: string) => string = (text) => text): Nginx {
  const render = (): NginxText => {
    const { httpPort, httpsPort } = lab.config.nginx
    const listen = [`127.0.0.1:${httpPort}`]
    const overTls = [`127.0.0.1:${httpsPort}`]
    const tls = { listen: overTls, hasHttp2Directive: false, hasWildcard: false }
    const { text, generation } = renderSharedText(lab.config, { listen, entrance: null, tls })
    const log = `${lab.folder}/etc/access.log`
    return {
      text: change(text.replace('/var/log/nginx/slipway.access.log', log)),
      generation,
    }
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
