/** The demo, as somebody runs it who has just cloned Slipway: `./install.sh --demo`. */
import { mkdir, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../tools/browser.ts'
import { type InstallLab, openInstallLab } from '../tools/demo-run.ts'
import { visitEncrypted } from '../tools/encrypted-visit.ts'
import { makeTrustingHome } from '../tools/trusting-home.ts'

const lastWords = 'Ctrl-C ends the server'
const nobody = { uid: 65_534, gid: 65_534 }

let lab: InstallLab
beforeAll(async () => {
  lab = await openInstallLab()
})
afterAll(async () => {
  await lab[Symbol.asyncDispose]()
})

test('the demo pushes an app, shows it live by https, and leaves nothing running after Ctrl-C', async () => {
  const url = siteUrl()
  const demo = lab.run(['--demo'])
  await demo.until(lastWords)
  expect(demo.printed).toContain('$ git push deploy main')
  expect(demo.printed).toMatch(/remote: +✓ build +→ dist/)
  expect(demo.printed).toMatch(/remote: +v2 live: https:\/\/hello\.apps\.localhost:/)
  expect(demo.printed).toContain(`Live:          ${url}`)
  expect(demo.printed).toContain(`Working copy:  ${lab.demoDir}/hello`)
  expect(demo.printed).toMatch(/remote: +✓ certificate +https, until 20/)
  expect(demo.printed, 'the token is for git only').not.toContain('slw_')
  expect(await lookAt(url)).toEqual({ heading: 'Hello from Slipway', complaints: [] })

  const [, copying = '', trusting = ''] =
    /^ +cp (\S+) \/usr\/local\/share\/ca-certificates\/slipway-demo\.crt && (.+)$/m.exec(
      demo.printed,
    ) ?? []
  expect([copying, trusting]).toEqual([rootFile(), 'update-ca-certificates'])
  const [, command = ''] = /^ +(curl --cacert .+)$/m.exec(demo.printed) ?? []
  expect(execFileSync('sh', ['-c', `${command} 2>/dev/null`], { encoding: 'utf8' })).toContain(
    '<div id="root">',
  )
  const plain = `http://hello.apps.localhost:${lab.httpPort}/tides?day=1`
  const sent = await visitEncrypted(plain, { rootFile: rootFile() })
  expect(sent.status).toBe(301)
  expect(sent.headers).toMatch(new RegExp(`location: ${url}tides[?]day=1$`, 'm'))

  const beside = lab.run(['--demo'])
  expect(await beside.end()).toBe(1)
  expect(beside.printed).toContain('is running already')

  expect(await demo.end('SIGINT')).toBe(0)
  expect(demo.printed).toContain('server and nginx have ended')
  expect(await lab.listProcesses()).toEqual([])
})

test('a second run goes on with what the first left, changes included', async () => {
  const working = join(lab.demoDir, 'hello')
  execFileSync('sed', ['-i', 's/Hello from/Greetings from/', join(working, 'src/App.jsx')])
  execFileSync('git', ['-C', working, 'commit', '--quiet', '--all', '--message=A change'])
  const demo = lab.run(['--demo'])
  await demo.until(lastWords)
  expect(demo.printed).toContain('the project hello is there already')
  const seen = await lookAt(siteUrl())
  expect(seen).toEqual({ heading: 'Greetings from Slipway', complaints: [] })
  await demo.kill()
})

test('a run after one that was killed ends what that left running, and works', async () => {
  expect((await lab.listProcesses()).join('\n')).toContain('src/main.ts serve')
  const demo = lab.run(['--demo'])
  await demo.until(lastWords)
  expect(demo.printed).toContain('an earlier demo left its server running: ending it')
  expect(demo.printed).toContain('an earlier demo left its nginx running: ending it')
  expect(demo.printed).toMatch(/v\d+ live: /)
  expect(await demo.end('SIGTERM')).toBe(0)
  expect(await lab.listProcesses()).toEqual([])
})

test('a port that is taken is named, with the setting that changes it', async () => {
  const other = createServer().listen({ port: lab.httpPort, host: '127.0.0.1' })
  await once(other, 'listening')
  const demo = lab.run(['--demo'])
  expect(await demo.end()).toBe(1)
  other.close()
  expect(demo.printed).toContain(`Port ${lab.httpPort} is taken by another program`)
  expect(demo.printed).toContain(`DEMO_HTTP_PORT=${lab.httpPort + 1} ./install.sh --demo`)
  const same = { environment: { DEMO_HTTPS_PORT: String(lab.httpPort) } }
  const confused = lab.run(['--demo'], same)
  expect(await confused.end()).toBe(1)
  expect(confused.printed).toContain('DEMO_HTTPS_PORT and DEMO_HTTP_PORT are the same')
  expect(await lab.listProcesses()).toEqual([])
})

test('without root, a missing program is named and nothing is tried', async () => {
  const programs = join(lab.folder, 'programs')
  await mkdir(programs)
  for (const name of ['git', 'npm', 'curl', 'nginx', 'dirname', 'id', 'sh']) {
    const path = execFileSync('which', [name], { encoding: 'utf8', env: systemPath() }).trim()
    await symlink(path, join(programs, name))
  }
  const demo = lab.run(['--demo'], {
    runAs: process.getuid?.() === 0 ? nobody : null,
    environment: { PATH: programs, DEMO_DIR: join(lab.folder, 'never') },
  })
  expect(await demo.end()).toBe(1)
  expect(demo.printed).toBe(
    'Missing: bubblewrap. Install it as root (Debian: apt-get install bubblewrap) and try again.\n',
  )
})

test('help is for the asking, and an unknown word is refused with it', async () => {
  const help = lab.run(['--help'])
  expect(await help.end()).toBe(0)
  expect(help.printed).toMatch(/^Usage: \.\/install\.sh/)
  const wrong = lab.run(['--dmeo'])
  expect(await wrong.end()).toBe(2)
  expect(wrong.printed).toBe(help.printed)
})

function siteUrl(): string {
  return `https://hello.apps.localhost:${lab.httpsPort}/`
}

/** Of the authority that the demo makes. */
function rootFile(): string {
  return join(lab.demoDir, 'data', 'acme', 'local-root.pem')
}

/** What a person sees there who trusts the demo, and what the browser's console says against it. */
async function lookAt(url: string): Promise<{ heading: string; complaints: readonly string[] }> {
  await using home = await makeTrustingHome(rootFile())
  const browser = await launchBrowser({ HOME: home.path })
  try {
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() !== 'log') complaints.push(message.text())
    })
    await page.goto(url)
    const heading = await page.locator('h1').innerText()
    await page.getByRole('button', { name: 'Show the tides' }).click()
    await page.getByRole('table', { name: 'Tides of the day' }).waitFor()
    return { heading, complaints }
  } finally {
    await browser.close()
  }
}

function systemPath(): { PATH: string } {
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }
}
