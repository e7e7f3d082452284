/** A person works with the command `slipway` alone, from the first login to the end of a project. */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliOptions, type CliOutcome, type CliUser, makeCliUser } from '../tools/cli.ts'
import { readSteps } from '../tools/deployment-records.ts'
import { commitFiles } from '../tools/git-client.ts'
import { findBuildProcesses } from '../tools/left-behind.ts'
import { scriptedApp, waitForFile, writeOutput } from '../tools/scripted-app.ts'
import { findFreePort } from '../tools/site-lab.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'
import { until } from '../tools/until.ts'

let server: SlipwayServer
let ada: CliUser
let admin: string
/** The working copy of the project `harbour`. */
let folder: string
beforeAll(async () => {
  server = await startSlipwayServer()
  ada = await makeCliUser()
  admin = await server.adminToken()
  folder = await ada.makeWorkingCopy('harbour', { 'index.html': '<h1>one</h1>' })
})
afterAll(async () => {
  await ada[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

/** In the folder of the project; nothing that is printed may hold the token. */
async function slipway(words: readonly string[], options: CliOptions = {}): Promise<CliOutcome> {
  const outcome = await ada.run(words, { folder, ...options })
  expect(outcome.stdout + outcome.stderr).not.toContain(admin)
  expect(outcome.stdout + outcome.stderr).not.toContain('\u001b')
  return outcome
}

function parse(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>
}

/** Until the build of that deployment waits for its file. */
async function untilBuilding(number: number): Promise<void> {
  await until(() => readSteps(server, 'harbour', number).at(-1)?.step === 'build')
}

test('before a login every command says that one is needed, and ends with 3', async () => {
  const { exitCode, stderr } = await slipway(['projects'])
  expect(exitCode).toBe(3)
  expect(stderr).toContain('slipway login https://')
})

test('a token that is not known is not kept', async () => {
  const wrong = `slw_${'x'.repeat(43)}`
  const { exitCode, stderr } = await slipway(['login', server.url], { input: wrong })
  expect(exitCode).toBe(3)
  expect(stderr).toContain('This token is not known here')
  expect(stderr).not.toContain(wrong)
  await expect(stat(ada.loginsFile)).rejects.toThrow('ENOENT')
})

test('login keeps the token in a file that only its owner can read', async () => {
  const { exitCode, stdout } = await slipway(['login', `${server.url}/`, '--token-stdin'], {
    input: `${admin}\n`,
  })
  expect(exitCode).toBe(0)
  expect(stdout).toContain(`Logged in to ${server.url}.`)
  expect((await stat(ada.loginsFile)).mode & 0o777).toBe(0o600)
  expect(await readFile(ada.loginsFile, 'utf8')).toContain(admin)
})

test('create makes a project, and projects lists it', async () => {
  const created = await slipway(['create', 'Harbour', '--slug', 'harbour'])
  expect(created.exitCode).toBe(0)
  expect(created.stdout).toContain(`${server.url}/harbour.git`)
  expect(created.stderr).toContain('slipway link harbour')
  await server.untilStatus('harbour', 'deployed')
  const { stdout } = await slipway(['projects'])
  expect(stdout).toMatch(/^PROJECT +NAME +STATUS +NEWEST +WHEN +LIVE AT\n/)
  expect(stdout).toMatch(
    /^harbour +Harbour +deployed +v1 completed +.* http:\/\/harbour\.localhost/m,
  )
  const { results } = parse((await slipway(['projects', '--json'])).stdout)
  expect(results).toEqual([(await server.rest('GET', '/projects/harbour/')).body])
})

test('a name that is taken is told with what to do', async () => {
  const { exitCode, stderr } = await slipway(['create', 'Other', '--slug', 'harbour'])
  expect(exitCode).toBe(1)
  expect(stderr).toContain('slipway: The name "harbour" is taken.')
  expect(stderr).toContain('Choose another --slug')
})

test('outside of a checkout link says so', async () => {
  const { exitCode, stderr } = await slipway(['link', 'harbour'], { folder: ada.homeDir })
  expect(exitCode).toBe(2)
  expect(stderr).toContain('is no git checkout')
  expect(stderr).toContain('git init')
})

test('after link, git pushes without asking for a password', async () => {
  const linked = await slipway(['link', 'harbour'])
  expect(linked).toMatchObject({ exitCode: 0, stderr: '' })
  expect(linked.stdout).toContain(`"deploy" is now ${server.url}/harbour.git`)
  const pushed = await ada.git(folder, 'push', 'deploy', 'main')
  expect(pushed.stderr).toContain('v2 live')
  expect(pushed.exitCode).toBe(0)
  const config = await readFile(`${folder}/.git/config`, 'utf8')
  expect(config).not.toContain(admin)
})

test('link once more changes nothing', async () => {
  const before = await readFile(`${folder}/.git/config`, 'utf8')
  const again = await slipway(['link'])
  expect(again.exitCode).toBe(0)
  expect(again.stdout).toContain('already')
  expect(await readFile(`${folder}/.git/config`, 'utf8')).toBe(before)
})

test('a remote of another place is left alone', async () => {
  const other = await ada.makeWorkingCopy('other')
  await ada.git(other, 'remote', 'add', 'deploy', 'git@example.org:other.git')
  const { exitCode, stderr } = await slipway(['link', 'harbour'], { folder: other })
  expect(exitCode).toBe(1)
  expect(stderr).toContain(`git remote set-url deploy ${server.url}/harbour.git`)
  const { stdout } = await ada.git(other, 'remote', 'get-url', 'deploy')
  expect(stdout).toBe('git@example.org:other.git\n')
})

test("git's own credential helper gets the token where one is set up", async () => {
  const bea = await makeCliUser()
  await using _ends = bea
  await writeFile(`${bea.homeDir}/.gitconfig`, '[credential]\n\thelper = store\n')
  await bea.run(['login', server.url], { input: admin })
  const copy = await bea.makeWorkingCopy('harbour')
  expect((await bea.run(['link', 'harbour'], { folder: copy })).exitCode).toBe(0)
  expect(await readFile(`${bea.homeDir}/.git-credentials`, 'utf8')).toContain('harbour.git')
  expect((await bea.git(copy, 'ls-remote', 'deploy')).exitCode).toBe(0)
})

test('a folder finds its login also where git and REST have two addresses', async () => {
  const bea = await makeCliUser()
  await using _ends = bea
  const copy = await bea.makeWorkingCopy('harbour')
  await bea.run(['login', `http://localhost:${server.listenPort}`], { input: admin })
  expect((await bea.run(['link', 'harbour'], { folder: copy })).stdout).toContain(server.url)
  await bea.run(['login', server.url.replace('127.0.0.1', '127.0.0.2')], { input: admin })
  expect((await bea.run(['status'], { folder: copy })).exitCode).toBe(0)
  expect((await bea.git(copy, 'ls-remote', 'deploy')).exitCode).toBe(0)
})

test('status is that of the project of the folder', async () => {
  const { exitCode, stdout } = await slipway(['status'])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^harbour {2}deployed\n {2}live {4}http:\/\/harbour\.localhost:\d+\n/)
  expect(stdout).toMatch(/newest {2}v2 completed, push of main [0-9a-f]{7} by /)
  const status = parse((await slipway(['status', '--json'])).stdout)
  expect(status).toEqual((await server.rest('GET', '/projects/harbour/deployment-status')).body)
})

test('open prints the address of the site', async () => {
  const { stdout } = await slipway(['open'])
  expect(stdout).toBe(`http://harbour.localhost:${server.httpPort}/\n`)
})

test('logs are what the pusher saw, or events for programs', async () => {
  const { exitCode, stdout } = await slipway(['logs'])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^ {2}✓ release {5}1 file, .*\n/m)
  expect(stdout).toMatch(/^ {2}v2 live: http/m)
  const lines = (await slipway(['logs', '--json'])).stdout.trimEnd().split('\n').map(parse)
  expect(lines.every(({ deployment }) => deployment === 2)).toBe(true)
  const numbers = lines.map(({ seq }) => Number(seq))
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  expect((await slipway(['logs', '--deployment', 'v99'])).exitCode).toBe(4)
  const mistaken = await slipway(['logs', 'v2'])
  expect(mistaken.exitCode).toBe(2)
  expect(mistaken.stderr).toContain('There is no project "v2".\n  For a deployment, run: slipway')
  expect(mistaken.stderr).toContain('slipway logs -d v2')
  expect((await slipway(['logs', 'nowhere'])).exitCode).toBe(4)
})

test('rollback and redeploy wait until the site is as asked', async () => {
  await commitFiles(folder, { 'index.html': '<h1>two</h1>' })
  expect((await ada.git(folder, 'push', 'deploy', 'main')).exitCode).toBe(0)
  const back = await slipway(['rollback'])
  expect(back.stdout).toContain('✓ activate')
  expect(back.exitCode).toBe(0)
  expect((await server.visit('harbour')).body).toBe('<h1>one</h1>')
  const again = await slipway(['redeploy', '--json'])
  expect(again.exitCode).toBe(0)
  expect(parse(again.stdout)).toMatchObject({ status: 'completed', trigger: 'redeploy' })
  expect((await server.visit('harbour')).body).toBe('<h1>two</h1>')
  const live = await slipway(['rollback', 'v999'])
  expect(live.exitCode).toBe(4)
  expect(live.stderr).toContain('slipway deployments')
})

test('deployments lists what there was, the newest first', async () => {
  const { stdout } = await slipway(['deployments', '--limit', '4'])
  expect(stdout.split('\n').map((line) => line.split(/ +/).slice(0, 3).join(' '))).toEqual([
    'NUMBER STATUS BY',
    'v5 completed redeploy',
    'v4 completed rollback',
    'v3 completed push',
    'v2 completed push',
    '',
  ])
})

test('one deployment is shown with its steps and what they used', async () => {
  const { stdout, exitCode } = await slipway(['deployments', '-d', 'v3'])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^v3 completed, push of main [0-9a-f]{7} by /)
  expect(stdout).toMatch(/^STEP +STATUS +TOOK +CPU +MEMORY +WROTE$/m)
  expect(stdout).toMatch(/^checkout +skipped +\d+\.\d+ s +- +- +-$/m)
  expect(stdout).toMatch(/^release +completed +\d+\.\d+ s +- +- +1 file, 12 B$/m)
  const answer = parse((await slipway(['deployments', '-d', '3', '--json'])).stdout)
  expect(answer).toEqual((await server.rest('GET', '/projects/harbour/deployments/3')).body)
  expect((await slipway(['deployments', '-d', '99'])).exitCode).toBe(4)
  const mistaken = await slipway(['deployments', 'v3'])
  expect(mistaken.exitCode).toBe(2)
  expect(mistaken.stderr).toContain('For a deployment, run: slipway deployments -d v3')
  expect((await slipway(['deployments', '-d', 'x'])).exitCode).toBe(2)
})

test('a running deployment is followed to its end, and can be given up', async () => {
  await ada.git(folder, 'rm', '-q', 'index.html')
  await commitFiles(
    folder,
    scriptedApp(waitForFile('go') + writeOutput('index.html', '<h1>three</h1>')),
  )
  await ada.git(folder, 'push', '-o', 'detach', 'deploy', 'main')
  const following = slipway(['logs', '-f', '-d', '6'])
  await untilBuilding(6)
  await writeFile(server.pathInBuild('harbour', 6, 'go'), '')
  const followed = await following
  const { stdout: detail } = await slipway(['deployments', '-d', '6'])
  expect(detail).toMatch(/^build +completed +\d+\.\d+ s +\d+\.\d\d s +\d+(\.\d)? MB +-$/m)
  expect(followed.stdout).toMatch(/^ {6}waiting for go$/m)
  expect(followed.stdout.match(/✓ build/g)).toHaveLength(1)
  expect(followed.stdout).toContain('v6 live')
  expect(followed.exitCode).toBe(0)
  const queued = await slipway(['redeploy', '--force-rebuild', '--no-wait'])
  expect(queued.stdout).toContain('v7 is queued')
  await untilBuilding(7)
  expect((await slipway(['cancel', 'v7'])).stdout).toContain('v7 is given up')
  const ended = await slipway(['logs', '-f'])
  expect(ended.exitCode).toBe(1)
  expect(ended.stderr).toContain('cancelled')
})

test('a log is followed across the death of the server, without a gap and nothing twice', async () => {
  await slipway(['redeploy', '--force-rebuild', '--no-wait'])
  const following = slipway(['logs', '-f', '--json', '-d', '8'])
  await untilBuilding(8)
  await server.stop('SIGKILL')
  await server.start()
  // On record it builds since before the kill.
  await until(async () => (await findBuildProcesses(server, 'harbour')).length > 0)
  await writeFile(server.pathInBuild('harbour', 8, 'go'), '')
  const followed = await following
  expect(followed.exitCode).toBe(0)
  expect(followed.stdout).toBe((await slipway(['logs', '--json', '-d', '8'])).stdout)
  expect(followed.stdout.split('\n').length).toBeGreaterThan(10)
})

test('Ctrl-C ends a command that follows without a word', async () => {
  await slipway(['redeploy', '--force-rebuild', '--no-wait'])
  await untilBuilding(9)
  const { signalName, stdout, stderr } = await ada.interrupt(['logs', '-f', 'harbour'], /waiting/)
  expect(signalName).toBe('SIGINT')
  expect(stderr).toBe('')
  expect(stdout).not.toContain('    at ')
  expect((await slipway(['cancel', '9'])).exitCode).toBe(0)
  expect((await slipway(['logs', '-f'])).exitCode).toBe(1)
})

test('a deployment that failed ends with 1 and says why', async () => {
  await commitFiles(folder, { 'build.js': 'console.log("no cargo"); process.exit(7)' })
  expect((await ada.git(folder, 'push', 'deploy', 'main')).exitCode).toBe(1)
  const { exitCode, stdout, stderr } = await slipway(['logs', '-f'])
  expect(exitCode).toBe(1)
  expect(stdout).toContain('no cargo')
  expect(stderr).toContain('slipway: npm run build ended with exit code 7.')
  const { stdout: shown, exitCode: asked } = await slipway(['status'])
  expect(shown).toContain('error   npm run build ended with exit code 7.')
  expect(asked).toBe(0)
})

test('variables are set, listed by name and removed', async () => {
  const value = 'a-very-secret-value'
  const set = await slipway(['env', 'set', 'API_KEY'], { input: `${value}\n` })
  expect(set.exitCode).toBe(0)
  expect(set.stderr).toMatch(/: slipway redeploy\n$/)
  const listed = await slipway(['env'])
  expect(listed.stdout).toMatch(/^API_KEY +(just now|\d+ s ago)$/m)
  expect(set.stdout + set.stderr + listed.stdout).not.toContain(value)
  expect((await slipway(['env', 'unset', 'API_KEY'])).exitCode).toBe(0)
  expect(parse((await slipway(['env', '--json'])).stdout)).toEqual({ results: [], next: null })
  const json = await slipway(['env', 'set', 'API_KEY', '--json'], { input: value })
  expect([json.exitCode, json.stderr, parse(json.stdout)]).toEqual([
    0,
    '',
    { name: 'API_KEY', updated_at: expect.stringMatching(/Z$/) as string },
  ])
  const gone = await slipway(['env', 'unset', 'API_KEY', '--json'])
  expect([gone.stderr, parse(gone.stdout)]).toEqual(['', { name: 'API_KEY', deleted: true }])
  const again = await slipway(['env', 'unset', 'API_KEY'])
  expect(again.exitCode).toBe(4)
  expect(again.stderr).toContain('slipway env lists those that exist.')
})

test('a token is shown once, works, and ends when it is revoked', async () => {
  const made = await slipway(['tokens', 'create', 'ci', '--scope', 'read'])
  expect(made.stdout).toMatch(/^slw_\S+\n$/)
  const environment = { SLIPWAY_URL: server.url, SLIPWAY_TOKEN: made.stdout.trim() }
  expect((await slipway(['status'], { environment })).exitCode).toBe(0)
  const denied = await slipway(['redeploy'], { environment })
  expect(denied.exitCode).toBe(3)
  expect(denied.stderr).toContain('This token may only read')
  const listed = await slipway(['tokens'])
  expect(listed.stdout).toMatch(/ ci +read /)
  expect(listed.stdout).not.toContain(made.stdout.trim())
  const id = /^(\S+) +ci/m.exec(listed.stdout)?.[1] ?? ''
  const revoked = await slipway(['tokens', 'revoke', id, '--json'])
  expect([revoked.exitCode, parse(revoked.stdout)]).toEqual([0, { id, deleted: true }])
  expect((await slipway(['status'], { environment })).exitCode).toBe(3)
  expect((await slipway(['tokens', 'revoke', id])).exitCode).toBe(4)
})

test('doctor says how the server is, and where people should not sign in', async () => {
  const { exitCode, stdout } = await slipway(['doctor'])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^ {2}✓ database +It can be written\.$/m)
  expect(stdout).toMatch(/^ {2}! certificates +Sites are served over HTTP only\.$/m)
  expect(stdout).toMatch(
    /^ {2}✓ platform +Keep the address where people sign in to it off localhost/m,
  )
  const { findings } = parse((await slipway(['doctor', '--json'])).stdout)
  expect(findings).toContainEqual(expect.objectContaining({ check: 'nginx', state: 'good' }))
})

test("a project's token logs in as well, and may only what it may", async () => {
  const bea = await makeCliUser()
  await using _ends = bea
  const { stdout: secret } = await slipway(['tokens', 'create', 'bea'])
  const login = await bea.run(['login', server.url], { input: secret })
  expect(login.stdout).toContain('with the token of one project')
  expect((await bea.run(['status', 'harbour'])).exitCode).toBe(0)
  expect((await bea.run(['projects'])).exitCode).toBe(3)
  expect((await bea.run(['doctor'])).exitCode).toBe(3)
})

test('what is not there ends with 4, wrong usage with 2, a server that is away with 5', async () => {
  const unknown = await slipway(['status', 'no-such-project'])
  expect(unknown.exitCode).toBe(4)
  expect(unknown.stderr).toContain('There is no project "no-such-project".')
  expect(unknown.stderr).toContain('slipway projects')
  const mistyped = await slipway(['statsu'])
  expect(mistyped).toMatchObject({ exitCode: 2, stdout: '' })
  expect(mistyped.stderr).toContain('Did you mean: slipway status')
  const nowhere = await slipway(['status'], { folder: ada.homeDir })
  expect(nowhere.exitCode).toBe(2)
  expect(nowhere.stderr).toContain('slipway link')
  const url = `http://127.0.0.1:${await findFreePort()}`
  const away = await slipway(['status', 'harbour', '--url', url], {
    environment: { SLIPWAY_TOKEN: admin },
  })
  expect(away.exitCode).toBe(5)
  expect(away.stderr).toContain(`${url} can not be reached: nothing listens there.`)
})

test('errors are JSON too where JSON is asked for', async () => {
  const { stderr } = await slipway(['status', 'no-such-project', '--json'])
  expect(parse(stderr)).toMatchObject({
    code: 'project_not_found',
    detail: 'There is no project "no-such-project".',
  })
})

test('a project is deleted only where that is said twice', async () => {
  const unsure = await slipway(['delete', 'harbour'])
  expect(unsure.exitCode).toBe(2)
  expect(unsure.stderr).toContain('--yes')
  expect((await slipway(['status'])).exitCode).toBe(0)
  expect((await slipway(['delete', 'harbour', '--yes'])).exitCode).toBe(0)
  expect((await slipway(['status'])).exitCode).toBe(4)
})
