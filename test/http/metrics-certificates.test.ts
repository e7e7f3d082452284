/** What Prometheus and the log are told of certificates, by servers that have some and lack some. */
import { expect, test } from 'vitest'
import { findFreePort } from '../tools/free-port.ts'
import { startPebble } from '../tools/pebble.ts'
import { type Family, parsePrometheusText, valueOf } from '../tools/prometheus-text.ts'
import { ask } from '../tools/raw-request.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'
import { until } from '../tools/until.ts'

async function start(settings: Readonly<Record<string, string>>): Promise<SlipwayServer> {
  const port = String(await findFreePort())
  return startSlipwayServer({ settings: { NGINX_HTTPS_PORT: port, ...settings } })
}

async function read(server: SlipwayServer): Promise<ReadonlyMap<string, Family>> {
  return parsePrometheusText((await ask(`${server.url}/metrics`, { token: null })).text)
}

function figures(metrics: ReadonlyMap<string, Family>) {
  const of = (name: string, labels = {}) => valueOf(metrics, `slipway_certificate${name}`, labels)
  return {
    valid: of('s', { state: 'valid' }),
    waiting: of('s', { state: 'waiting' }),
    failing: of('s_failing'),
    heldBack: of('s_held_back'),
    issued: of('_tries_total', { result: 'issued' }),
    failed: of('_tries_total', { result: 'failed' }),
  }
}

/** What a server prints is read a moment later than what it answers. */
async function untilPrinted(server: SlipwayServer, pattern: RegExp): Promise<void> {
  await until(() => pattern.test(server.printed))
}

test('certificates that are there are counted, with how long until the first ends', async () => {
  const httpPort = await findFreePort()
  await using pebble = await startPebble({ httpPort })
  await using server = await start({
    FRONTEND_DOMAIN: 'apps.test',
    NGINX_HTTP_PORT: String(httpPort),
    ACME_DIRECTORY: pebble.directory,
    ACME_CA_FILE: pebble.rootFile,
  })
  // Counted last.
  await until(async () => figures(await read(server)).issued === 2)
  const metrics = await read(server)
  expect(figures(metrics)).toEqual({
    valid: 2,
    waiting: 0,
    failing: 0,
    heldBack: 0,
    issued: 2,
    failed: 0,
  })
  const days = (valueOf(metrics, 'slipway_certificate_first_end_seconds') ?? 0) / 86_400
  expect(days).toBeGreaterThan(30)
  expect(days).toBeLessThan(10 * 365)
  await untilPrinted(server, /"certificate":"deploy\.apps\.test".*"msg":"certificate issued"/)
})

test('what an authority that is away owes us is counted as failing, and the log says why', async () => {
  const directory = `https://127.0.0.1:${await findFreePort()}/directory`
  await using server = await start({ FRONTEND_DOMAIN: 'apps.test', ACME_DIRECTORY: directory })
  await until(async () => figures(await read(server)).failed === 2)
  const metrics = await read(server)
  expect(figures(metrics)).toMatchObject({ valid: 0, waiting: 2, failing: 2, heldBack: 0 })
  expect(valueOf(metrics, 'slipway_certificate_first_end_seconds')).toBeNaN()
  for (const host of ['apps.test', 'deploy.apps.test']) {
    await untilPrinted(
      server,
      new RegExp(
        `"certificate":"${host}".*"reason":".+".*"nextTry":"2.*"msg":"certificate failed"`,
      ),
    )
  }
  // A series for each host would be as many as there are projects.
  expect(JSON.stringify([...metrics])).not.toContain('apps.test')
})

test('without certificates all figures are nothing', async () => {
  await using server = await start({})
  const metrics = await read(server)
  expect(new Set(Object.values(figures(metrics)))).toEqual(new Set([0]))
  expect(valueOf(metrics, 'slipway_certificate_first_end_seconds')).toBeNaN()
})
