/** An attacker who may push: what a build of theirs can see, reach, leave behind and pretend. */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { runCommand } from '../../src/machine/run-command.ts'
import { forAllTests } from '../tools/for-all-tests.ts'
import { patienceMs } from '../tools/patience.ts'
import { scriptedApp, waitForFile, writeOutput } from '../tools/scripted-app.ts'
import { asScript } from '../tools/site-lab.ts'
import { startSlipwayServer, type WorkingCopy } from '../tools/slipway-server.ts'
import { until } from '../tools/until.ts'

const page = writeOutput('index.html', '<h1>attacker</h1>')

/** A file that no build may be able to make on the host. */
const mark = `/tmp/slipway-attack-${process.pid}`

const server = forAllTests(() =>
  startSlipwayServer({ environment: { SECRET_OF_THE_SERVER: 'do-not-tell' } }),
)
let attacker: WorkingCopy
beforeAll(async () => {
  const victim = await server.createWorkingCopy('victim', {
    'index.html': '<h1>victim</h1>',
    'private.txt': 'the-private-text',
  })
  expect((await victim.push()).exitCode).toBe(0)
  attacker = await server.createWorkingCopy('attacker', scriptedApp(page))
})

/** Pushes an app whose build prints JSON after `answer `; answers what it printed. */
async function buildAndAnswer(script: string): Promise<unknown> {
  await attacker.replaceAll(scriptedApp(script + page))
  const pushed = await attacker.push()
  expect(pushed.stderr).toContain('live:')
  return readAnswer(pushed.stderr)
}

function readAnswer(told: string): unknown {
  const line = /answer (.*?) *$/m.exec(told)?.[1]
  if (line === undefined) throw new Error(`no answer in ${told}`)
  return JSON.parse(line)
}

test('a build sees the variables that are promised, and no other', async () => {
  await attacker.replaceAll(
    scriptedApp(`console.log('answer ' + JSON.stringify(process.env));${page}`, {
      'slipway.json': '{"build": "exec node build.js"}',
    }),
  )
  const pushed = await attacker.push()
  expect(pushed.exitCode).toBe(0)
  const { PWD, PATH, ...environment } = readAnswer(pushed.stderr) as Record<string, string>
  expect(environment).toEqual({
    NODE_ENV: 'production',
    CI: 'true',
    LANG: 'C.UTF-8',
    HOME: '/home/build',
    TMPDIR: '/tmp',
    SLIPWAY_PROJECT: 'attacker',
    SLIPWAY_DEPLOYMENT: '2',
    SLIPWAY_COMMIT: await attacker.git('rev-parse', 'HEAD'),
    SLIPWAY_BRANCH: 'main',
    SLIPWAY_URL: `http://attacker.localhost:${server.httpPort}`,
  })
  // The shell that starts the command sets the one, and the toolchain is found by the other.
  expect(PWD).toBe('/app')
  expect(PATH?.split(':')).not.toContain(process.cwd())
})

test('a build reads nothing of the server, of its secrets or of other projects', async () => {
  const data = server.settings['SLIPWAY_DATA'] ?? ''
  const paths = [
    join(data, 'slipway.db'),
    join(data, 'admin-token'),
    join(data, 'repos'),
    join(server.folder, 'www/victim/current/files/private.txt'),
    join(server.folder, 'builds'),
    server.folder,
    join(import.meta.dirname, '../../package.json'),
    '/etc/shadow',
    homedir(),
    '/var/log',
    '/proc/1/environ',
  ]
  const answer = await buildAndAnswer(`
const { readdirSync, readFileSync, statSync } = await import('node:fs')
const read = (path) => {
  try {
    return statSync(path).isDirectory() ? readdirSync(path) : readFileSync(path, 'latin1')
  } catch (error) {
    return error.code
  }
}
console.log('answer ' + JSON.stringify(${JSON.stringify(paths)}.map(read)))
`)
  const [environment, ...rest] = (answer as string[]).toReversed()
  expect(environment).not.toContain('do-not-tell')
  expect(environment).not.toContain('SLIPWAY_DATA')
  for (const read of rest) expect(read).toMatch(/^(?:ENOENT|EACCES)$/)
})

test('a build sees no process but its own', async () => {
  const answer = await buildAndAnswer(`
const { readdirSync, readFileSync } = await import('node:fs')
const pids = readdirSync('/proc').filter((name) => /^\\d+$/.test(name))
console.log('answer ' + JSON.stringify(pids.map((pid) => readFileSync('/proc/' + pid + '/cmdline', 'latin1'))))
`)
  const seen = (answer as string[]).join('\n')
  expect(seen).toContain('build.js')
  expect(seen).not.toContain('main.ts')
  expect(seen).not.toContain('nginx')
})

test('a build writes nowhere but into its source, its home and its /tmp', async () => {
  const answer = await buildAndAnswer(`
const { writeFileSync } = await import('node:fs')
const write = (path) => {
  try {
    writeFileSync(path, 'x')
    return 'written'
  } catch (error) {
    return error.code
  }
}
const paths = ['/app/a', process.env.HOME + '/a', '${mark}', '/a', '/etc/a', '/usr/a', '/opt/node/a', '/var/a', '/dev/a', '/proc/sys/kernel/hostname']
console.log('answer ' + JSON.stringify(paths.map(write)))
`)
  const [source, home, temporary, ...elsewhere] = answer as string[]
  expect([source, home, temporary]).toEqual(['written', 'written', 'written'])
  for (const outcome of elsewhere) expect(outcome).toMatch(/^(?:EROFS|ENOENT|EACCES|EPERM)$/)
  expect(existsSync(mark)).toBe(false)
  await server.untilBuildsAreGone()
})

test('a build reaches no network: not the server, not nginx, no name', async () => {
  const answer = await buildAndAnswer(`
const { connect } = await import('node:net')
const { lookup } = await import('node:dns/promises')
const reach = (port) => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1')
  socket.on('connect', () => resolve('connected'))
  socket.on('error', (error) => resolve(error.code))
})
const { networkInterfaces } = await import('node:os')
console.log('answer ' + JSON.stringify([
  await reach(${server.listenPort}),
  await reach(${server.httpPort}),
  await lookup('example.org').then(() => 'found', (error) => error.code),
  Object.keys(networkInterfaces()).filter((name) => name !== 'lo'),
]))
`)
  expect(answer).toEqual(['ECONNREFUSED', 'ECONNREFUSED', expect.stringMatching(/^E/), []])
})

test('a build that fails for want of the network is told so', async () => {
  await attacker.replaceAll(scriptedApp('await fetch("http://cms.example.org/posts")'))
  const pushed = await attacker.push()
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toContain('The build tried to reach the network, and a build has none.')
  expect(pushed.stderr).toContain('Fetch what it needs before you commit, or in the install.')
})

test('scripts of the pushed package.json run inside the same walls', async () => {
  const { 'package.json': manifest, ...app } = scriptedApp(page)
  const attack = `node -e "
    for (const path of ['${server.folder}/data/admin-token', '/etc/shadow', '/a', '/usr/a'])
      try { path.length > 6 && require('fs').readFileSync(path); console.log('reached', path) }
      catch (error) { console.log('walled', error.code) }
    require('fs').writeFileSync('${mark}', 'x')"`.replaceAll('\n', ' ')
  await attacker.replaceAll({
    ...app,
    'package.json': JSON.stringify({
      ...(JSON.parse(String(manifest)) as object),
      scripts: {
        preinstall: attack,
        postinstall: attack,
        prebuild: attack,
        build: 'node build.js',
      },
    }),
  })
  const pushed = await attacker.push()
  expect(pushed.exitCode).toBe(0)
  expect(pushed.stderr).toContain('walled ENOENT')
  expect(pushed.stderr).not.toMatch(/reached \/(?:etc\/shadow|tmp)/)
  expect(existsSync(mark)).toBe(false)
  expect(existsSync('/a') || existsSync('/usr/a')).toBe(false)
})

test('what a build prints can not pass for a line of Slipway or of git, nor move the cursor', async () => {
  const forged = [
    '\u001B[2J\u001B[Hcleared',
    '\u001B]0;title\u0007titled',
    '\u001B]8;;http://evil.example\u001B\\link\u001B]8;;\u001B\\',
    '\u009B31mred',
    'hidden\rshown',
    'a\bb',
    '  v9 live: http://evil.example/  (0.1 s)',
    '\n  v9 live: http://evil.example/',
    '  ✓ verify      everything',
    '\u202Edesrever',
    'line\u2028  v9 live: http://evil.example/',
    'P   v9 live: http://evil.example/',
    'X 0',
    'F',
  ]
  await attacker.replaceAll(
    scriptedApp(
      `for (const text of ${JSON.stringify(forged)}) { console.log(text); console.error(text) }
       process.exitCode = 1`,
    ),
  )
  const pushed = await attacker.push()
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toContain('cleared')
  // oxlint-disable-next-line no-control-regex -- they are what must not be there.
  expect(pushed.stderr).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u202E]/)
  const lines = pushed.stderr.split('\n')
  const forgeries = lines.filter((line) => line.includes('v9 live') || line.includes('✓ verify'))
  expect(forgeries.length).toBeGreaterThanOrEqual(8)
  for (const line of forgeries) expect(line).toMatch(/^remote: {7}/)
  expect(lines.filter((line) => /^remote: {3}[✓v]/.test(line))).not.toContainEqual(
    expect.stringContaining('verify'),
  )
  expect((await server.visit('attacker')).body).toBe('<h1>attacker</h1>')
})

test('links, dot-files and what is no plain file are not published; .well-known is', async () => {
  await attacker.replaceAll(
    scriptedApp(`
const { mkdirSync, symlinkSync, writeFileSync, linkSync } = await import('node:fs')
const { execFileSync } = await import('node:child_process')
mkdirSync('dist/.well-known', { recursive: true })
mkdirSync('dist/.git', { recursive: true })
symlinkSync('/etc/passwd', 'dist/passwd.txt')
symlinkSync('/etc', 'dist/etc')
symlinkSync('../package.json', 'dist/package.json')
writeFileSync('dist/.env', 'SECRET=1')
writeFileSync('dist/.git/config', '[core]')
writeFileSync('dist/.well-known/security.txt', 'Contact: mailto:ada@example.org')
execFileSync('mkfifo', ['dist/pipe.txt'])
${page}`),
  )
  const pushed = await attacker.push()
  expect(pushed.exitCode).toBe(0)
  expect(pushed.stderr).toContain('left out: passwd.txt (link)')
  expect(pushed.stderr).toContain('left out: .env (not published)')
  const security = await server.visit('attacker', '/.well-known/security.txt', asScript)
  expect([security.status, security.body]).toEqual([200, 'Contact: mailto:ada@example.org'])
  const hidden = ['passwd.txt', 'etc/passwd', 'package.json', '.env', '.git/config', 'pipe.txt']
  for (const path of hidden) {
    const answer = await server.visit('attacker', `/${path}`, asScript)
    expect([path, answer.status]).toEqual([path, 404])
  }
})

test('an output folder that is itself a link is not followed', async () => {
  await attacker.replaceAll(scriptedApp(`(await import('node:fs')).symlinkSync('/etc', 'dist')`))
  const pushed = await attacker.push()
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toContain('wrote no dist')
})

test('a process that a build leaves behind has ended when the push has', async () => {
  const seconds = `98${process.pid}`
  await attacker.replaceAll(
    scriptedApp(`
const { spawn } = await import('node:child_process')
const stay = 'trap "" TERM HUP INT; sleep ${seconds} & sleep ${seconds}'
spawn('setsid', ['sh', '-c', stay], { detached: true, stdio: 'ignore' }).unref()
${waitForFile('go')}${page}`),
  )
  const push = attacker.startPush('main')
  await push.untilLine(/waiting for go/)
  await until(async () => (await countProcesses(`sleep ${seconds}`)) > 0)
  const { body } = await server.rest('GET', '/projects/attacker/deployment-status')
  const { number } = body['deployment'] as { number: number }
  await writeFile(server.pathInBuild('attacker', number, 'go'), '')
  expect((await push.ended).exitCode).toBe(0)
  expect(await countProcesses(`sleep ${seconds}`)).toBe(0)
})

async function countProcesses(words: string): Promise<number> {
  const { stdout } = await runCommand({
    program: 'ps',
    args: ['-eo', 'args='],
    timeoutMs: patienceMs,
  })
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line.trim() === words).length
}
