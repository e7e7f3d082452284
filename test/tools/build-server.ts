/** A process of its own that builds once: `node build-server.ts <build root> <shell script>`. */
import { chooseBuildUser } from '../../src/build/build-user.ts'
import { createBuilder } from '../../src/build/builder.ts'
import { findToolchain } from '../../src/build/toolchain.ts'
import { readConfig } from '../../src/config.ts'
import { patienceMs } from './patience.ts'

const [buildRoot = '', script = ''] = process.argv.slice(2)
const builder = createBuilder({
  config: readConfig({ FRONTEND_BUILD_ROOT: buildRoot }, 2),
  buildUser: chooseBuildUser(),
  toolchain: await findToolchain(),
  registry: {
    registry: 'http://127.0.0.1:1/',
    cafile: null,
    proxy: null,
    httpsProxy: null,
    noProxy: null,
  },
})
await builder.checkSandbox()
const { exitCode } = await builder.run({
  workspace: await builder.openWorkspace('build'),
  rootDir: '.',
  command: ['sh', '-c', script],
  environment: {},
  network: 'none',
  modulesDir: null,
  timeoutMs: patienceMs,
  signal: new AbortController().signal,
  onLine: (line) => {
    process.stdout.write(`${line}\n`)
  },
})
process.exitCode = exitCode ?? 99
