/** `./install.sh` without a word: the installation of a server, in a copy of the machine's folders. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { runCommand } from '../../src/machine/run-command.ts'
import { type InstallLab, openInstallLab } from '../tools/demo-run.ts'
import { patienceMs } from '../tools/patience.ts'

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
      // It is installed again and again.
      timeoutMs: 3 * patienceMs,
    })
    const said = stdout.toString()
    expect(exitCode, said + stderr).toBe(0)
    const [refused = '', first = '', second = '', found = '', bare = ''] = said.split('----\n')
    expect(refused).toMatch(
      /^\/etc\/nginx\/sites-enabled\/shop is nginx's default server of port 80 or 443, [^]+ended with 1\n$/,
    )
    expect(first).toContain('Slipway is installed.')
    expect(first).toMatch(
      /DNS: A records .+ for example\.test and \*\.example\.test that name\s+this machine/,
    )
    expect(first).toContain("https comes by itself, from Let's Encrypt")
    expect(second).toContain('keeping the settings of /etc/slipway/slipway.env')
    expect(found).toContain('FRONTEND_DOMAIN=example.test\n')
    expect(found).toContain('SLIPWAY_PUBLIC_URL=https://deploy.example.test\n')
    // Let's Encrypt is what counts where nothing is said.
    expect(found).toMatch(/^#ACME_DIRECTORY=https:\/\/acme-staging-v02\.api\.letsencrypt\.org\//m)
    expect(found).not.toMatch(/^ACME_DIRECTORY=/m)
    expect(found).toMatch(/^SSL_EMAIL=ops@example\.test$/m)
    expect(bare).toMatch(/^ACME_DIRECTORY=off$/m)
    expect(bare).toMatch(/^#SSL_EMAIL=admin@localhost$/m)
    for (const settings of [found, bare]) {
      const [text = ''] = settings.split('[Unit]')
      const values = Object.fromEntries(
        [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
      )
      expect(() => readConfig(values, 2), 'the server reads them').not.toThrow()
    }
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
  4 * patienceMs,
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
echo 'server { listen [::]:443 ssl default_server; }' >/etc/nginx/sites-enabled/shop
./install.sh 2>&1 || echo "ended with $?"
echo 'server { listen 443 ssl; } # listen 80 default_server' >/etc/nginx/sites-enabled/shop
echo ----
FRONTEND_DOMAIN=example.test SSL_EMAIL=ops@example.test ./install.sh
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
echo ----
rm /etc/slipway/slipway.env
./install.sh >/dev/null
cat /etc/slipway/slipway.env
`
