/** Commits and refs that can't become a site: each is refused in words that say what to do. */
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { forAllTests } from '../tools/for-all-tests.ts'
import { git } from '../tools/git-client.ts'
import { scriptedApp } from '../tools/scripted-app.ts'
import type { Files } from '../tools/site-lab.ts'
import { type Snapshot, startSlipwayServer, type WorkingCopy } from '../tools/slipway-server.ts'

const server = forAllTests(startSlipwayServer)
let copy: WorkingCopy
let before: Snapshot
beforeAll(async () => {
  copy = await server.createWorkingCopy('shop')
  expect((await copy.push()).exitCode).toBe(0)
  before = await server.snapshot('shop')
})

async function start(files: Files): Promise<void> {
  await copy.git('reset', '-q', '--hard', 'deploy/main')
  await copy.replaceAll(files)
}

/** Pushes, which must be declined and change nothing; answers what the pusher was told. */
async function pushDeclined(...args: readonly string[]): Promise<string> {
  const pushed = await copy.push(...args)
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toContain('[remote rejected]')
  expect(await server.snapshot('shop')).toEqual(before)
  expect(await server.leftBuilds()).toEqual([])
  return pushed.stderr
}

const { 'package-lock.json': _lock, ...unlocked } = scriptedApp('')
const lfsPointer = `version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345
`

const refusals: readonly {
  readonly what: string
  readonly files: Files
  readonly reason: RegExp
  readonly hint: RegExp
}[] = [
  {
    what: 'a commit without anything to deploy',
    files: { 'README.md': 'hello\n' },
    reason:
      /nothing to deploy in this commit: no package\.json, index\.html or schema\.json at the top/,
    hint: /Commit an app with a package\.json, plain files with an index\.html, or a schema\.json/,
  },
  {
    what: 'a site that lies in a folder below the top',
    files: { 'web/index.html': '<h1>here</h1>' },
    reason: /nothing to deploy/,
    hint: /where they lie deeper, name the folder in slipway\.json: \{"root"/,
  },
  {
    what: 'a package.json that is no JSON',
    files: { ...scriptedApp(''), 'package.json': '{"name": "x",}' },
    reason: /package\.json can not be read: .*JSON/,
    hint: /Mend it; node -e/,
  },
  {
    what: 'a package.json whose scripts are no texts',
    files: { ...scriptedApp(''), 'package.json': '{"scripts": {"build": 5}}' },
    reason: /package\.json can not be read: \/scripts\/build /,
    hint: /Mend it/,
  },
  {
    what: 'a package.json without a build script or a known framework',
    files: { 'package.json': '{"name": "x"}' },
    reason: /package\.json has no "build" script/,
    hint: /Add a script, for example "build": "vite build"/,
  },
  {
    what: 'an LFS pointer',
    files: {
      'index.html': '<img src="a.png">',
      '.gitattributes': '*.png filter=lfs diff=lfs merge=lfs -text\n',
      'a.png': lfsPointer,
    },
    reason: /a\.png is a Git LFS pointer/,
    hint: /git lfs untrack a\.png; git add --renormalize a\.png/,
  },
  {
    what: 'an app of pnpm',
    files: { ...unlocked, 'pnpm-lock.yaml': 'lockfileVersion: 9.0\n' },
    reason: /made with pnpm \(pnpm-lock\.yaml\); only npm/,
    hint: /Commit a package-lock\.json made by npm install, and remove pnpm-lock\.yaml/,
  },
  {
    what: 'an app of Yarn',
    files: { ...unlocked, 'yarn.lock': '# yarn lockfile v1\n' },
    reason: /made with Yarn \(yarn\.lock\)/,
    hint: /Commit a package-lock\.json/,
  },
  {
    what: 'a schema without a table',
    files: { 'schema.json': '{"project": {"name": "x"}, "tables": {}}' },
    reason: /schema\.json has a mistake: line 1, \/tables\./,
    hint: /slipway schema check schema\.json shows every mistake/,
  },
  {
    what: 'a slipway.json with a wrong key',
    files: { 'index.html': 'x', 'slipway.json': '{"ouput": "dist"}' },
    reason: /slipway\.json: \/ouput is no key of it/,
    hint: /Known keys are: root, install, build, output, spa/,
  },
  {
    what: 'a slipway.json that names a folder outside',
    files: { 'index.html': 'x', 'slipway.json': '{"output": "../../etc"}' },
    reason: /slipway\.json: \/output must be a folder below the top/,
    hint: /Known keys are/,
  },
  {
    what: 'a slipway.json that is no JSON',
    files: { 'index.html': 'x', 'slipway.json': 'root = "web"' },
    reason: /slipway\.json: .*JSON/,
    hint: /Known keys are/,
  },
  {
    what: 'a site of Hugo',
    files: { 'hugo.toml': 'title = "x"\n' },
    reason: /Hugo: sites of it are not built here/,
    hint: /Build it on your machine and commit the result/,
  },
]

for (const { what, files, reason, hint } of refusals) {
  test(`${what} is refused, and the pusher is told what to do`, async () => {
    await start(files)
    const told = await pushDeclined('main')
    expect(told).toMatch(reason)
    expect(told).toMatch(hint)
  })
}

test('a package.json that is a link is refused, wherever it leads', async () => {
  await start({ 'real.json': '{"scripts": {"build": "true"}}' })
  await symlink('real.json', join(copy.dir, 'package.json'))
  await copy.commit({})
  const told = await pushDeclined('main')
  expect(told).toContain('package.json can not be read: it is a symbolic link')
  expect(told).toContain('Mend it')
})

test('a submodule is refused with the commands that replace it', async () => {
  await start({ 'index.html': 'x' })
  const commit = await copy.git('rev-parse', 'HEAD')
  await copy.git('update-index', '--add', '--cacheinfo', `160000,${commit},vendor/lib`)
  await copy.git('commit', '-qm', 'a submodule')
  const told = await pushDeclined('main')
  expect(told).toContain('vendor/lib is a git submodule, and submodules are not fetched.')
  expect(told).toContain('git rm --cached vendor/lib; rm -rf vendor/lib/.git; git add vendor/lib')
})

test('a name of a ref that could be an option, a path or an escape sequence harms nothing', async () => {
  await start({ 'index.html': 'x' })
  const outside = await pushDeclined('HEAD:refs/notes/x')
  expect(outside).toContain('The name of the ref refs/notes/x is not taken here.')
  expect(outside).toContain('below refs/heads/ or refs/tags/')
  const long = `refs/heads/${'x'.repeat(195)}`
  expect(await pushDeclined(`HEAD:${long}`)).toContain('Use at most 200 bytes of UTF-8')
  expect(await pushDeclined('HEAD:refs/rollback/--upload-pack=x')).toContain('names no release')
  expect(await pushDeclined('HEAD:refs/redeploy/--upload-pack=x')).toContain('There is no branch')
})

test('a branch called --upload-pack=x is stored as what it is: a name', async () => {
  const odd = await server.createWorkingCopy('odd')
  expect((await odd.push()).exitCode).toBe(0)
  const name = 'refs/heads/--upload-pack=touch${IFS}x;$(id)'
  const pushed = await odd.push(`HEAD:${name}`)
  expect(pushed.exitCode).toBe(0)
  expect(pushed.stderr).toContain('is stored, not deployed: only the production branch goes live.')
  expect(await server.refs('odd')).toContain(name)
  expect((await odd.push('--delete', name)).exitCode).toBe(0)
  expect(await server.refs('odd')).not.toContain('upload-pack')
})

test('a first push of a branch called --upload-pack=x makes it production like any other', async () => {
  const odd = await server.createWorkingCopy('odder', scriptedApp('process.exit(1)'))
  const name = 'refs/heads/--upload-pack=x'
  expect((await odd.push(`HEAD:${name}`)).exitCode).toBe(1)
  await odd.replaceAll({ 'index.html': '<h1>odd</h1>' })
  const pushed = await odd.push(`HEAD:${name}`)
  expect(pushed.stderr).toContain('--upload-pack=x becomes the production branch.')
  expect(pushed.exitCode).toBe(0)
  expect((await server.visit('odder')).body).toBe('<h1>odd</h1>')
  expect(await git(odd.dir, ['ls-remote', '--symref', 'deploy', 'HEAD'])).toContain(name)
})

test('an unknown push option is refused with the list of those that are known', async () => {
  await start({ 'index.html': 'x' })
  const told = await pushDeclined('-o', 'dry-run', 'main')
  expect(told).toContain('The push option "dry-run" is not known.')
  expect(told).toContain('Known are: detach, skip, force-rebuild, clear-cache.')
})
