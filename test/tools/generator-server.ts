/**
 * A process of its own whose worker is busy for ever: `node generator-server.ts <sandbox> <mark>`.
 * The mark stands in the worker's command line.
 */
import { createSandboxedProcesses } from '../../src/build/sandboxed-processes.ts'
import { chooseBuildUser } from '../../src/build/build-user.ts'
import { findToolchain } from '../../src/build/toolchain.ts'
import { readConfig } from '../../src/config.ts'
import { createAppGenerator } from '../../src/generate/app-generator.ts'
import { askFor, smallFrameworks } from './generator-lab.ts'

const [sandbox = '', mark = '', dataDir = ''] = process.argv.slice(2)
const config = readConfig({ SLIPWAY_SANDBOX: sandbox, SLIPWAY_DATA: dataDir }, 2)
const processes = createSandboxedProcesses({
  config,
  buildUser: chooseBuildUser(),
  toolchain: await findToolchain(),
})
const generator = createAppGenerator({
  config,
  frameworks: smallFrameworks,
  processes: {
    start: (program) => processes.start({ ...program, args: [...program.args, mark] }),
  },
})
const { signal } = new AbortController()
await generator.generate(askFor('warm'), signal)
process.stdout.write('started\n')
await generator.generate(askFor('stall'), signal)
