// Our own nginx through its life: started, adopted, changed, refused, and never broken by a change.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createManagedNginx } from '../../src/sites/managed-nginx.ts'
import { type NginxText, renderMainText } from '../../src/sites/render-nginx.ts'
import { createNginx } from '../../src/sites/start-nginx.ts'
import { findFreePort, openSiteLab, type SiteLab } from '../tools/site-lab.ts'
import { until } from '../tools/until.ts'

let lab: SiteLab

beforeEach(async () => {
  lab = await openSiteLab()
})

afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

const placeOf = (path: string): string => join(lab.config.dataDir, 'nginx', path)
const readPid = async (): Promise<number> => Number(await readFile(placeOf('nginx.pid'), 'utf8'))

/** The configuration as it would be, with a change and a generation of its own. */
function render(change: (text: string) => string, port = lab.config.nginx.httpPort): NginxText {
  const listen = [`127.0.0.1:${port}`]
  const { text, generation } = renderMainText(lab.config, {
    listen,
    entrance: null,
    workerUser: 'www-data',
  })
  const other = generation.split('').toReversed().join('')
  return { text: change(text).replaceAll(generation, other), generation: other }
}

it('is started once, and found by the next server', async () => {
  expect(await lab.nginx.isServing()).toBe(false)
  await lab.nginx.apply()
  expect(await lab.nginx.isServing()).toBe(true)
  const pid = await readPid()
  const next = createNginx(lab.config, null)
  expect(await next.isServing()).toBe(true)
  await next.apply()
  expect(await readPid()).toBe(pid)
  await next.stop()
  expect(await lab.nginx.isServing()).toBe(false)
  await next.stop()
})

it('is not mistaken for a process that got its number', async () => {
  await mkdir(placeOf(''), { recursive: true })
  await writeFile(placeOf('nginx.pid'), `${process.pid}\n`)
  await lab.nginx.stop()
  await lab.nginx.apply()
  expect(await readPid()).not.toBe(process.pid)
  expect(await lab.nginx.isServing()).toBe(true)
})

it('changes over to a new configuration without another process', async () => {
  await lab.nginx.apply()
  const pid = await readPid()
  const changed = createManagedNginx(lab.config, () => render((text) => `# changed\n${text}`))
  expect(await changed.isServing()).toBe(false)
  await changed.apply()
  // A worker of the configuration before may answer once more before it hears of its end.
  await until(() => changed.isServing())
  expect(await readPid()).toBe(pid)
  expect(await readFile(placeOf('nginx.conf'), 'utf8')).toContain('# changed')
})

it('never sees a configuration that it would not take', async () => {
  await lab.deploy(1, { 'index.html': 'live' })
  await lab.nginx.apply()
  const before = await readFile(placeOf('nginx.conf'), 'utf8')
  const broken = createManagedNginx(lab.config, () =>
    render((text) => text.replace('sendfile on;', 'sendfile perhaps;')),
  )
  await expect(broken.apply()).rejects.toMatchObject({
    code: 'nginx_refused',
    message: expect.stringContaining('invalid value "perhaps" in "sendfile" directive'),
  })
  expect(await readFile(placeOf('nginx.conf'), 'utf8')).toBe(before)
  expect(await lab.nginx.isServing()).toBe(true)
  expect((await lab.get('/')).body).toBe('live')
})

it('keeps the old configuration where the new one wants a port that is taken', async () => {
  await lab.deploy(1, { 'index.html': 'live' })
  await lab.nginx.apply()
  const before = await readFile(placeOf('nginx.conf'), 'utf8')
  const taken = await findFreePort()
  const holder = createServer()
  await new Promise<void>((resolve) => holder.listen(taken, '127.0.0.1', resolve))
  try {
    const greedy = createManagedNginx(lab.config, () =>
      render((text) =>
        text.replace(/^ *listen /m, (line) => `  listen 127.0.0.1:${taken};\n${line}`),
      ),
    )
    await expect(greedy.apply()).rejects.toMatchObject({
      code: 'nginx_refused',
      message: expect.stringMatching(/bind\(\).*failed/),
    })
  } finally {
    await new Promise((resolve) => holder.close(resolve))
  }
  expect(await readFile(placeOf('nginx.conf'), 'utf8')).toBe(before)
  expect((await lab.get('/')).body).toBe('live')
  await lab.nginx.apply()
  expect(await lab.nginx.isServing()).toBe(true)
})

it('says at its start that another program has the port', async () => {
  const holder = createServer()
  const { httpPort } = lab.config.nginx
  await new Promise<void>((resolve) => holder.listen(httpPort, '127.0.0.1', resolve))
  try {
    await expect(lab.nginx.apply()).rejects.toMatchObject({
      code: 'nginx_refused',
      message: expect.stringContaining(`another program listens on 127.0.0.1:${httpPort}`),
    })
  } finally {
    await new Promise((resolve) => holder.close(resolve))
  }
  await lab.nginx.apply()
  expect(await lab.nginx.isServing()).toBe(true)
})

it('is told to be out of reach where it does not run', async () => {
  const asking = lab.sites.ask(lab.host, '/', new AbortController().signal)
  await expect(asking).rejects.toMatchObject({ code: 'nginx_unreachable' })
  expect(await lab.sites.isServing()).toBe(false)
})
