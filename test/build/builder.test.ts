import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBuilder } from '../../src/build/builder.ts'
import { findToolchain } from '../../src/build/toolchain.ts'
import { limits, readConfig } from '../../src/config.ts'
import { type BuildLab, startBuildLab } from '../tools/build-lab.ts'
import { until } from '../tools/until.ts'

/** Leaves sessions, ignores signals, and holds on to the output or lets go of it. */
const stayers = (mark: string, output: string): string =>
  `for n in 1 2 3; do (setsid sh -c 'trap "" TERM INT HUP; setsid sleep ${mark} ${output} & sleep ${mark}' ${output} &) ; done`

for (const sandbox of ['required', 'off'] as const) {
  describe(sandbox === 'required' ? 'in the sandbox' : 'without a sandbox', () => {
    let lab: BuildLab
    beforeAll(async () => {
      lab = await startBuildLab({ sandbox })
    })
    afterAll(async () => lab[Symbol.asyncDispose]())

    test('a run tells how it ended', async () => {
      const workspace = await lab.open('ends')
      const sh = async (script: string): Promise<object> => {
        const { outcome, exitCode, signalName } = await lab.run(workspace, {
          command: ['sh', '-c', script],
        })
        return { outcome, exitCode, signalName }
      }
      expect(await sh('exit 0')).toEqual({ outcome: 'ended', exitCode: 0, signalName: null })
      expect(await sh('exit 3')).toEqual({ outcome: 'ended', exitCode: 3, signalName: null })
      expect(await sh('kill -SEGV $$')).toEqual({
        outcome: 'ended',
        exitCode: null,
        signalName: 'SIGSEGV',
      })
    })

    test('the lines of both streams are told, without what a terminal would obey', async () => {
      const { stdout, stderr } = await lab.run(await lab.open('lines'), {
        command: ['printf', '\\033]52;c;ZXZpbA==\\007\\033[31mred\\033[0m\\nback\\rto front\\n'],
      })
      expect(stdout).toEqual(['red', 'to front'])
      expect(stderr).toEqual([])
      const failed = await lab.run(await lab.open('lines'), {
        command: ['sh', '-c', 'echo no >&2'],
      })
      expect(failed.stderr).toEqual(['no'])
    })

    test('output after the limit is cut, and its end is told', async () => {
      const line = 'y'.repeat(1023)
      const script = `yes ${line} | head -c ${limits.logBytesMax + 1024 ** 2}; echo the end`
      const { stdout, stderr, exitCode } = await lab.run(await lab.open('much'), {
        command: ['sh', '-c', script],
      })
      expect(exitCode).toBe(0)
      expect(stderr).toEqual(['… output cut after 10 MB'])
      expect(stdout.at(-1)).toBe('the end')
      expect(stdout.length).toBe(limits.logBytesMax / 1024 + limits.logTailLinesMax)
    })

    test('a line of 300 MB keeps the memory of the server flat', async () => {
      const workspace = await lab.open('endless')
      const before = process.memoryUsage().rss
      const { stdout } = await lab.run(workspace, {
        command: ['sh', '-c', 'head -c 300000000 /dev/zero | tr "\\0" x'],
      })
      expect(stdout[0]?.length).toBe(limits.logLineLengthMax)
      expect(process.memoryUsage().rss - before).toBeLessThan(250 * 1024 ** 2)
    })

    test('a run that takes too long is ended with all that it started', async () => {
      const mark = newMark()
      const { outcome } = await lab.run(await lab.open('slow'), {
        command: ['sh', '-c', `${stayers(mark, '')}; echo started; wait; sleep ${mark}`],
        timeoutMs: 1_000,
      })
      expect(outcome).toBe('timeout')
      expect(await findProcesses(mark)).toEqual([])
    })

    test('a run that is called off is ended with all that it started', async () => {
      const mark = newMark()
      const abort = new AbortController()
      const running = lab.run(await lab.open('called-off'), {
        command: ['sh', '-c', `${stayers(mark, '')}; sleep ${mark}`],
        signal: abort.signal,
      })
      await until(async () => (await findProcesses(mark)).length >= 8)
      abort.abort()
      expect((await running).outcome).toBe('aborted')
      expect(await findProcesses(mark)).toEqual([])
    })

    test('a run that was called off before it began does nothing', async () => {
      const workspace = await lab.open('before')
      const { outcome } = await lab.run(workspace, {
        command: ['sh', '-c', 'sleep 1; touch done'],
        signal: AbortSignal.abort(),
      })
      expect(outcome).toBe('aborted')
      expect(await readdir(workspace.sourceDir)).toEqual([])
    })

    test('a daemon that holds the output does not hold the run, and is gone after it', async () => {
      const mark = newMark()
      const { outcome, exitCode } = await lab.run(await lab.open('daemon'), {
        command: ['sh', '-c', `${stayers(mark, '')}; exit 0`],
      })
      expect([outcome, exitCode]).toEqual(['ended', 0])
      expect(await findProcesses(mark)).toEqual([])
    })

    test('a daemon that let go of everything is gone when the run is told to be over', async () => {
      const mark = newMark()
      const { exitCode } = await lab.run(await lab.open('silent'), {
        command: ['sh', '-c', `${stayers(mark, '</dev/null >/dev/null 2>&1')}; exit 0`],
      })
      expect(exitCode).toBe(0)
      expect(await findProcesses(mark)).toEqual([])
    })

    test('a program that does not exist fails the run', async () => {
      const { exitCode, stderr } = await lab.run(await lab.open('missing'), {
        command: ['no-such-program'],
      })
      expect(exitCode).toBeGreaterThan(0)
      expect(stderr.join()).toContain('no-such-program')
    })

    test('a listener that fails ends the run and is heard', async () => {
      const mark = newMark()
      const run = lab.run(await lab.open('deaf'), {
        command: ['sh', '-c', `echo hello; sleep ${mark}`],
        onLine: () => {
          throw new Error('the log is full')
        },
      })
      await expect(run).rejects.toThrow('the log is full')
      expect(await findProcesses(mark)).toEqual([])
    })
  })
}

test('a builder that would run builds as root is refused', async () => {
  const toolchain = await findToolchain()
  const registry = { registry: '', cafile: null, proxy: null, httpsProxy: null, noProxy: null }
  const config = readConfig({}, 2)
  const parts = { config, toolchain, registry, buildUser: { uid: 0, gid: 0 } }
  expect(() => createBuilder(parts)).toThrow('Builds can not be isolated')
})

test('a fork bomb stops at the limit of processes and is gone after it', async () => {
  await using lab = await startBuildLab({ pids: 64, uid: 100_000 + process.pid })
  const mark = newMark()
  // bash tries each of them again, and waits longer and longer: so it is called off.
  const isStopped = new AbortController()
  await lab.run(await lab.open('bomb'), {
    command: ['bash', '-c', `for n in $(seq 200); do sleep ${mark} & done; wait`],
    signal: isStopped.signal,
    onLine: (line) => {
      if (line.includes('Resource temporarily unavailable')) isStopped.abort()
    },
  })
  expect(isStopped.signal.aborted).toBe(true)
  expect(await findProcesses(mark)).toEqual([])
})

test('a machine without npm or bubblewrap says what is missing', async () => {
  await expect(findToolchain([], '/bin/sh')).resolves.toMatchObject({ bwrapPath: null })
  await using lab = await startBuildLab({ bwrapPath: null })
  await expect(lab.builder.checkSandbox()).rejects.toThrow('bubblewrap is not installed')
})

test('a sandbox that can not be made says why', async () => {
  await using lab = await startBuildLab({ nodePath: '/nowhere/node' })
  await expect(lab.builder.checkSandbox()).rejects.toMatchObject({
    code: 'sandbox_unavailable',
    message: expect.stringContaining('/nowhere/node') as string,
  })
})

let marks = 0
/** A duration that no other sleep(1) on the machine has. */
function newMark(): string {
  marks += 1
  return `86${process.pid}.${marks}`
}

async function findProcesses(mark: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue
    const words = await readFile(join('/proc', name, 'cmdline'), 'latin1').catch(() => '')
    if (words.includes(mark)) found.push(words.replaceAll('\0', ' '))
  }
  return found
}
