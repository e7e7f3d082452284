/** `./install.sh` without a word: the installation of a server, in a copy of the machine's folders. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from '../../src/machine/run-command.ts'
import { type InstallLab, openInstallLab } from '../tools/demo-run.ts'

const isRoot = process.getuid?.() === 0

let lab: InstallLab
beforeAll(async () => {
  lab = await openInstallLab()
})
afterAll(async () => {
  await lab[Symbol.asyncDispose]()
})

test('the installation is for root, and says so', async () => {
  const run = lab.run([], { runAs: isRoot ? { uid: 65_534, gid: 65_534 } : null })
  expect(await run.end()).toBe(1)
  expect(run.printed).toContain('Slipway is installed by root: sudo ./install.sh')
})

test.runIf(isRoot)(
  'an installation places program, settings, user and service; a second keeps the settings',
  async () => {
    const before = await readMachine()
    const { exitCode, stdout, stderr } = await runCommand({
      program: 'unshare',
      args: ['--mount', '--propagation', 'private', 'sh', '-euc', inACopyOfTheMachine],
      cwd: lab.cloneDir,
      environment: lab.environment(),
      timeoutMs: 170_000,
    })
    const said = stdout.toString()
    expect(exitCode, said + stderr).toBe(0)
    const [first = '', second = '', found = ''] = said.split('----\n')
    expect(first).toContain('Slipway is installed.')
    expect(first).toContain('for *.example.test that names this machine')
    expect(second).toContain('keeping the settings of /etc/slipway/slipway.env')
    expect(found).toContain('FRONTEND_DOMAIN=example.test\n')
    expect(found).toContain('SLIPWAY_PUBLIC_URL=https://deploy.example.test\n')
    expect(found).toMatch(/^ExecStart=\/.+\/node \/opt\/slipway\/app\/src\/main\.ts serve$/m)
    expect(found).toContain('EnvironmentFile=/etc/slipway/slipway.env\n')
    expect(found).not.toMatch(/@[A-Z]+@/)
    expect(found).toMatch(/^slipway-builder:x:/m)
    expect(found).toContain('settings for root only: 600\n')
    expect(found).toContain('the program starts: Usage: slipway serve\n')
    expect(found).toContain('no tools of developers\n')
    expect(found).toContain('the example site is disabled\n')
    expect(await readMachine(), 'nothing of it came to the machine itself').toBe(before)
  },
  180_000,
)

function readMachine(): Promise<string> {
  return readFile('/etc/passwd', 'utf8')
}

/**
 * What the installer writes goes into memory and is gone with the shell; an empty /run is that of a
 * machine without systemd, so no service is started. A Node is there already, since fetching one
 * takes long.
 */
const inACopyOfTheMachine = `
node=$(readlink -f node_modules/.bin/node)
mount -t tmpfs tmpfs /run
mkdir /run/etc /run/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/work overlay /etc
rm -rf /etc/slipway
mount -t tmpfs tmpfs /opt
mkdir -p /opt/slipway/runtime/node_modules/.bin /etc/nginx/sites-enabled
touch /opt/slipway/runtime/node_modules/.bin/node
mount --bind "$node" /opt/slipway/runtime/node_modules/.bin/node
ln -sf /etc/nginx/sites-available/default /etc/nginx/sites-enabled/default
FRONTEND_DOMAIN=example.test ./install.sh
echo ----
FRONTEND_DOMAIN=other.test ./install.sh
echo ----
cat /etc/slipway/slipway.env /etc/systemd/system/slipway.service
grep slipway-builder /etc/passwd
echo "settings for root only: $(stat -c %a /etc/slipway/slipway.env)"
echo "the program starts: $("$node" /opt/slipway/app/src/main.ts --help 2>&1 | head -n 1)"
[ -e /opt/slipway/app/node_modules/vitest ] || echo "no tools of developers"
[ -L /etc/nginx/sites-enabled/default ] || echo "the example site is disabled"
if command -v systemd-analyze >/dev/null; then
  systemd-analyze verify /etc/systemd/system/slipway.service
fi
`
