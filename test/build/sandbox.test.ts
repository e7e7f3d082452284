import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BuildLab, buildUser, type LabResult, startBuildLab } from '../tools/build-lab.ts'

let lab: BuildLab
beforeAll(async () => {
  lab = await startBuildLab()
})
afterAll(async () => lab[Symbol.asyncDispose]())

test('the sandbox can be tried out before anybody pushes, and leaves nothing behind', async () => {
  await lab.builder.checkSandbox()
  await expect(stat(join(lab.buildRoot, `check-${process.pid}`))).rejects.toThrow('ENOENT')
})

test('a build sees the promised environment and nothing else', async () => {
  const { stdout } = await runNode('console.log(JSON.stringify(process.env))', {
    SLIPWAY_PROJECT: 'harbour',
    API_KEY: 'a b"c\nd',
  })
  expect(JSON.parse(stdout.join('\n'))).toEqual({
    NODE_ENV: 'production',
    CI: 'true',
    HOME: '/home/build',
    TMPDIR: '/tmp',
    PATH: '/opt/node/bin:/usr/bin:/bin',
    PWD: '/app',
    LANG: 'C.UTF-8',
    SLIPWAY_PROJECT: 'harbour',
    API_KEY: 'a b"c\nd',
  })
})

test('a project can not move HOME, PATH or the place of temporary files', async () => {
  const { stdout } = await runShell('echo $HOME $TMPDIR $PATH $NODE_ENV', {
    HOME: '/evil',
    TMPDIR: '/evil',
    PATH: '/evil',
    NODE_ENV: 'development',
  })
  expect(stdout).toEqual(['/home/build /tmp /opt/node/bin:/usr/bin:/bin development'])
})

test('the first process of the sandbox has no environment to read', async () => {
  const { stdout } = await runShell('wc -c < /proc/1/environ; tr "\\0" " " < /proc/1/cmdline', {
    API_KEY: 'hunter2',
  })
  expect(stdout[0]).toBe('0')
  expect(stdout.join('\n')).not.toContain('hunter2')
  expect(stdout.join('\n')).not.toContain(lab.folder)
})

test('node, npm and npx are there, and node is the one that runs the server', async () => {
  const { stdout } = await runShell('node --version; npm --version; npx --version')
  expect(stdout[0]).toBe(process.version)
  expect(stdout[1]).toMatch(/^\d+\.\d+/)
  expect(stdout[2]).toBe(stdout[1])
})

test('a build can not read the files of the server or of another build', async () => {
  const secret = join(lab.folder, 'secret')
  await writeFile(secret, 'top secret', { mode: 0o644 })
  const other = await lab.open('other-build')
  await writeFile(join(other.sourceDir, 'theirs.txt'), 'theirs', { mode: 0o644 })
  const paths = [
    secret,
    other.sourceDir,
    lab.buildRoot,
    '/root',
    '/home/slipway',
    '/var',
    '/run',
    '/sys',
  ]
  for (const path of paths) {
    const { exitCode, stderr } = await runShell(`ls -d ${path}`)
    expect([path, exitCode]).toEqual([path, 2])
    expect(stderr.join()).toContain('No such file')
  }
  const { stdout } = await runShell(
    'cat /etc/passwd; ls /etc /home; ls /proc | grep "^[0-9]*$" | wc -l',
  )
  expect(stdout).not.toContain('root:x:0:0:root:/root:/bin/bash')
  expect(stdout).not.toContain('shadow')
  expect(Number(stdout.at(-1))).toBeLessThan(10)
})

test('a build writes to its source, its HOME and /tmp only', async () => {
  const { stdout } = await runShell(
    'for d in /app /home/build /tmp /dev/shm / /usr /usr/bin /etc /opt/node/bin /dev /home /proc/sys; do ' +
      'if touch $d/probe 2>/dev/null; then echo $d; fi; done',
  )
  expect(stdout).toEqual(['/app', '/home/build', '/tmp', '/dev/shm'])
})

test('what a build writes belongs to the build user, never to root', async () => {
  const workspace = await lab.open('owner')
  const { stdout } = await lab.run(workspace, {
    command: [
      'sh',
      '-c',
      'echo hello > file; id -u; id -G; grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status',
    ],
  })
  const file = await stat(join(workspace.sourceDir, 'file'))
  expect(file.uid).not.toBe(0)
  expect(file.uid).toBe(buildUser?.uid ?? process.geteuid?.())
  expect(stdout.join(' ').replaceAll(/\s+/g, ' ')).toBe(
    '1000 1000 CapBnd: 0000000000000000 NoNewPrivs: 1'.replace(
      'CapBnd',
      'CapEff: 0000000000000000 CapBnd',
    ),
  )
})

test('a build reaches no network: not the server, nothing by name, nothing outside', async () => {
  const server = createServer((socket) => socket.end('reached'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const script = `
    for (const url of ['http://127.0.0.1:${port}', 'http://cms.example.org', 'http://192.0.2.1']) {
      await fetch(url).then(() => console.log('reached'), (error) => console.log(error.cause.code))
    }`
  try {
    const { stdout } = await runNode(script)
    expect(stdout[0]).toBe('ECONNREFUSED')
    expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(stdout[1])
    expect(stdout[2]).toBe('ENETUNREACH')
  } finally {
    server.close()
  }
})

test('a build can neither mount nor make a user namespace of its own', async () => {
  const attempts = [
    'mount -t tmpfs none /tmp',
    'unshare --user true',
    'unshare --user --map-root-user --net true',
    '/usr/sbin/chroot /app true',
    'mount --bind /app /usr',
  ]
  for (const attempt of attempts) {
    const { exitCode, stderr } = await runShell(attempt)
    expect([attempt, exitCode === 0]).toEqual([attempt, false])
    expect(stderr.join()).not.toContain('not found')
  }
})

test('a link in the source leads nowhere outside', async () => {
  const workspace = await lab.open('links')
  await writeFile(join(lab.folder, 'outside'), 'outside')
  const { exitCode } = await lab.run(workspace, {
    command: ['sh', '-c', `ln -s ${lab.folder}/outside link && cat link`],
  })
  expect(exitCode).toBe(1)
})

test('each run has an empty /tmp, and a workspace has an empty HOME', async () => {
  const workspace = await lab.open('fresh')
  await lab.run(workspace, { command: ['sh', '-c', 'touch /tmp/a ~/b'] })
  const again = await lab.run(workspace, { command: ['sh', '-c', 'ls -A /tmp'] })
  expect(again.stdout).toEqual([])
  const opened = await lab.open('fresh')
  const anew = await lab.run(opened, { command: ['sh', '-c', 'ls -A /tmp ~ | grep -v :'] })
  expect(anew.stdout.filter((line) => line !== '')).toEqual([])
})

test('a command runs in the root folder of the project', async () => {
  const workspace = await lab.open('rooted')
  await mkdir(join(workspace.sourceDir, 'web'), { mode: 0o755 })
  const { stdout } = await lab.run(workspace, { rootDir: 'web', command: ['pwd'] })
  expect(stdout).toEqual(['/app/web'])
})

test('the stand-ins of the sandbox tell nothing of the host', async () => {
  const { stdout } = await runShell(
    'cat /etc/passwd /etc/group /etc/hosts /etc/nsswitch.conf; hostname',
  )
  const hostName = (await readFile('/proc/sys/kernel/hostname', 'utf8')).trim()
  expect(stdout).not.toContain(hostName)
  expect(stdout.at(-1)).toBe('build')
})

async function runShell(
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<LabResult> {
  return lab.run(await lab.open('shell'), { command: ['sh', '-c', script], environment })
}

async function runNode(
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<LabResult> {
  const command = ['node', '--input-type=module', '-e', script]
  return lab.run(await lab.open('node'), { command, environment })
}
