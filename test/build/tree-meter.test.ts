/** What builds take of the machine, as it is measured while they run. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readTreeUse, type TreeUse } from '../../src/build/process-tree.ts'
import { TreeMeter } from '../../src/build/tree-meter.ts'
import type { ProcessUse } from '../../src/domain/use.ts'
import { type BuildLab, startBuildLab } from '../tools/build-lab.ts'

const megabyte = 1_000_000
const allocatedBytes = 200 * megabyte
const burnedMs = 500

/**
 * Holds memory and burns time of its own; waits for as many others as it is told, says who it is and
 * what it took, and goes when the test has read that.
 */
const burn = `
const { existsSync, readdirSync, writeFileSync } = require('node:fs')
const held = Buffer.alloc(${allocatedBytes}, 1)
while (process.cpuUsage().user + process.cpuUsage().system < ${burnedMs * 1_000});
writeFileSync('done-' + process.pid, '')
const others = Number(process.argv[2])
const look = () => {
  if (readdirSync('.').filter((name) => name.startsWith('done-')).length < others) {
    setTimeout(look, 10)
    return
  }
  const { user, system } = process.cpuUsage()
  console.log(process.pid, (user + system) / 1_000, held.length)
  wait()
}
const wait = () => existsSync('read-' + process.pid) || setTimeout(wait, 10)
look()
`

for (const sandbox of ['required', 'off'] as const) {
  describe(sandbox === 'required' ? 'in the sandbox' : 'without a sandbox', () => {
    let lab: BuildLab
    beforeAll(async () => {
      lab = await startBuildLab({ sandbox })
    })
    afterAll(async () => lab[Symbol.asyncDispose]())

    /** What was measured, and `ownMs` by the processes' own account. */
    async function measure(
      script: string,
      onLine?: () => void,
      signal = new AbortController().signal,
    ): Promise<ProcessUse & { readonly ownMs: number }> {
      const workspace = await lab.open('measured')
      await writeFile(join(workspace.sourceDir, 'burn.cjs'), burn, { mode: 0o644 })
      let ownMs = 0
      const { used } = await lab.run(workspace, {
        command: ['sh', '-c', script],
        signal,
        onLine: (line) => {
          const [pid, tookMs] = line.split(' ')
          ownMs += Number(tookMs)
          writeFileSync(join(workspace.sourceDir, `read-${pid}`), '')
          onLine?.()
        },
      })
      if (used === null) throw new Error('not measured')
      return { ...used, ownMs }
    }

    test('the time of processes that ended counts, and their memory no more', async () => {
      const used = await measure('node burn.cjs 1; node burn.cjs 2')
      expect(used.ownMs).toBeGreaterThanOrEqual(2 * burnedMs)
      expect(used.cpuMs).toBeGreaterThan(used.ownMs * 0.75)
      expect(used.cpuMs).toBeLessThan(used.ownMs * 1.5)
      expect(used.memoryPeakBytes).toBeGreaterThan(allocatedBytes)
      expect(used.memoryPeakBytes).toBeLessThan(2 * allocatedBytes)
    })

    test('processes that run at the same time count together', async () => {
      const used = await measure('node burn.cjs 2 & node burn.cjs 2 & wait')
      expect(used.ownMs).toBeGreaterThanOrEqual(2 * burnedMs)
      expect(used.cpuMs).toBeGreaterThan(used.ownMs * 0.75)
      expect(used.memoryPeakBytes).toBeGreaterThan(2 * allocatedBytes)
      expect(used.memoryPeakBytes).toBeLessThan(4 * allocatedBytes)
    })

    test('one that is called off has taken what it took until then', async () => {
      const abort = new AbortController()
      const callOff = (): void => {
        abort.abort()
      }
      const used = await measure('node burn.cjs 1; sleep 1000', callOff, abort.signal)
      expect(used.cpuMs).toBeGreaterThan(burnedMs / 2)
      expect(used.memoryPeakBytes).toBeGreaterThan(allocatedBytes)
    })
  })
}

describe('a process in /proc', () => {
  test('that sleeps has taken next to nothing', async () => {
    const child = spawn('sleep', ['1000'])
    await once(child, 'spawn')
    const use = readTreeUse(child.pid ?? 0)
    child.kill('SIGKILL')
    expect(use?.cpuMs).toBeLessThan(10_000)
    expect(use?.heldBytes).toBeLessThan(10 * megabyte)
  })

  test('that is not there is told as that', async () => {
    const child = spawn('true')
    await once(child, 'close')
    expect(readTreeUse(child.pid ?? 0)).toBeNull()
  })

  test('may have any name', async () => {
    const child = spawn('sh', ['-c', 'exec -a ") R 1 2 (" sleep 1000 || exec sleep 1000'])
    await once(child, 'spawn')
    expect(readTreeUse(child.pid ?? 0)?.cpuMs).toBeLessThan(10_000)
    child.kill('SIGKILL')
  })
})

describe('a meter', () => {
  function startMeter(uses: readonly (TreeUse | null)[]) {
    let looks = 0
    const meter = new TreeMeter(1, () => {
      looks += 1
      return uses[Math.min(looks, uses.length) - 1] ?? null
    })
    return { meter, looks: () => looks }
  }

  test('keeps the most of what it saw, and looks no more when it is stopped', async () => {
    vi.useFakeTimers()
    try {
      const { meter, looks } = startMeter([
        { cpuMs: 10, heldBytes: 5 },
        { cpuMs: 90, heldBytes: 3 },
        // One that ended took its time along.
        { cpuMs: 40, heldBytes: 7 },
        null,
      ])
      await vi.advanceTimersByTimeAsync(1_000)
      const seen = looks()
      expect(seen).toBeGreaterThanOrEqual(10)
      expect(seen).toBeLessThanOrEqual(40)
      expect(meter.stop()).toEqual({ cpuMs: 90, memoryPeakBytes: 7 })
      meter.look()
      await vi.advanceTimersByTimeAsync(1_000)
      expect(looks()).toBe(seen)
    } finally {
      vi.useRealTimers()
    }
  })

  test('is not kept busy by one who prints without end', async () => {
    vi.useFakeTimers()
    try {
      const { meter, looks } = startMeter([{ cpuMs: 10, heldBytes: 5 }])
      for (let line = 0; line < 10_000; line += 1) {
        await vi.advanceTimersByTimeAsync(0.1)
        meter.look()
      }
      meter.stop()
      expect(looks()).toBeLessThan(60)
    } finally {
      vi.useRealTimers()
    }
  })

  test('that saw nothing says so', () => {
    const { meter } = startMeter([null])
    expect(meter.stop()).toBeNull()
  })
})
