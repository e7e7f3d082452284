/** How steps run, fail and are undone, whatever they do. */
import { describe, expect, test } from 'vitest'
import type { StepRecord } from '../../src/contracts.ts'
import type { NewEvent, StepName } from '../../src/domain/deployment.ts'
import { SlipwayError } from '../../src/domain/errors.ts'
import type { Oid } from '../../src/domain/names.ts'
import { type PipelineRun, runPipeline } from '../../src/pipeline/run-pipeline.ts'
import type { AnyStep, Facts } from '../../src/pipeline/step.ts'
import { deploymentOf } from '../tools/step-context.ts'
import { newProject } from '../tools/store.ts'

const project = newProject()

class Trial implements PipelineRun {
  readonly project = project
  readonly deployment = deploymentOf(project)
  readonly variables = {}
  readonly controller = new AbortController()
  readonly signal = this.controller.signal
  /** Everything that happened, in order. */
  readonly log: string[] = []
  readonly events: NewEvent[] = []
  readonly saved: { step: StepRecord; facts: Partial<Facts> }[] = []
  slots = { taken: 0, held: 0 }
  isDiskFull = false

  save(step: StepRecord, facts: Partial<Facts>): void {
    this.saved.push({ step, facts: { ...facts } })
    this.log.push(`save ${step.step} ${step.status}`)
  }

  tell(event: NewEvent): void {
    if (this.isDiskFull) throw new SlipwayError('disk_full', { path: '/data' })
    this.events.push(event)
  }

  flush(): void {
    if (this.isDiskFull) throw new SlipwayError('disk_full', { path: '/data' })
    this.log.push('flushed')
  }

  takeBuildSlot(): Promise<Disposable> {
    this.signal.throwIfAborted()
    this.slots.taken += 1
    this.slots.held += 1
    return Promise.resolve({
      [Symbol.dispose]: () => {
        this.slots.held -= 1
      },
    })
  }

  onSwitch(): void {
    this.log.push('switched')
  }

  /** A step that notes what it does; `change` says what else. */
  step(name: StepName, change: Partial<AnyStep> = {}): AnyStep {
    return {
      name,
      timeoutMs: 60_000,
      ...change,
      run: (context, facts) => {
        this.log.push(`run ${name}`)
        return change.run?.(context, facts) ?? Promise.resolve({})
      },
      undo: (context, facts) => {
        this.log.push(`undo ${name}`)
        return change.undo?.(context, facts) ?? Promise.resolve()
      },
    }
  }

  run(steps: readonly AnyStep[], initial: Partial<Facts> = {}): Promise<Facts> {
    return runPipeline(steps, initial, {
      project: this.project,
      deployment: this.deployment,
      variables: this.variables,
      signal: this.signal,
      flush: () => {
        this.flush()
      },
      save: (step, facts) => {
        this.save(step, facts)
      },
      tell: (event) => {
        this.tell(event)
      },
      takeBuildSlot: () => this.takeBuildSlot(),
      onSwitch: () => {
        this.onSwitch()
      },
    })
  }

  /** What was done, without what was saved. */
  get done(): readonly string[] {
    return this.log.filter((line) => !/^(?:save |flushed$)/.test(line))
  }

  told(step: StepName): readonly string[] {
    return this.events.filter((event) => event.step === step).map((event) => event.status)
  }
}

const failing = { run: () => Promise.reject(new SlipwayError('build_script_missing')) }

/** A step that goes on until it is stopped, and fails with something else then. */
const endless: Partial<AnyStep> = {
  run: ({ signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(new Error('the command was killed'))
      })
    }),
}

test('steps run in order, and each knows what the earlier ones learned', async () => {
  const trial = new Trial()
  const seen: Partial<Facts>[] = []
  const look = (facts: Facts): void => {
    seen.push({ ...facts })
  }
  const facts = await trial.run(
    [
      trial.step('checkout', {
        run: (_context, known) => (look(known), Promise.resolve({ sourceDir: '/src' })),
      }),
      trial.step('build', {
        run: (_context, known) => (look(known), Promise.resolve({ output: { dir: '/out' } })),
      }),
      trial.step('verify', { run: (_context, known) => (look(known), Promise.resolve({})) }),
    ],
    { commit: 'c'.repeat(40) as Oid },
  )
  const commit = 'c'.repeat(40)
  expect(seen).toEqual([
    { commit },
    { commit, sourceDir: '/src' },
    { commit, sourceDir: '/src', output: { dir: '/out' } },
  ])
  expect(facts).toEqual(seen[2])
  expect(trial.log).not.toContain('undo verify')
})

test('what may have to be undone is on the disk before it runs', async () => {
  const trial = new Trial()
  await trial.run([
    { name: 'plan', timeoutMs: 60_000, run: () => Promise.resolve({}) },
    trial.step('vhost', { needsUndo: () => false }),
    trial.step('activate', { needsUndo: () => true }),
    trial.step('verify'),
  ])
  expect(trial.log.filter((line) => /^(?:run|flushed)/.test(line))).toEqual([
    'run vhost',
    'flushed',
    'run activate',
    'flushed',
    'run verify',
  ])
})

test('what is known is saved before a step runs and after it has', async () => {
  const trial = new Trial()
  await trial.run([
    trial.step('checkout', { run: () => Promise.resolve({ sourceDir: '/src' }) }),
    trial.step('build', { run: ({ warn }) => (warn('careful'), Promise.resolve({})) }),
    trial.step('install', { run: ({ skip }) => (skip('nothing to do'), Promise.resolve({})) }),
  ])
  expect(trial.log.filter((line) => line !== 'flushed')).toEqual([
    'save checkout in_progress',
    'run checkout',
    'save checkout completed',
    'save build in_progress',
    'run build',
    'save build warned',
    'save install in_progress',
    'run install',
    'save install skipped',
  ])
  expect(trial.saved[0]).toMatchObject({ facts: {}, step: { finishedAt: null } })
  expect(trial.saved[1]).toMatchObject({ facts: { sourceDir: '/src' } })
  expect(trial.saved[1]?.step.finishedAt).toBeInstanceOf(Date)
})

test('what a step warns of is told with its summary, whichever it says first', async () => {
  const trial = new Trial()
  await trial.run([
    trial.step('verify', {
      run: ({ warn, summarise }) => {
        warn('one host does not answer')
        summarise('2 answers')
        warn('another answers 404')
        return Promise.resolve({})
      },
    }),
  ])
  expect(trial.events.at(-1)).toMatchObject({
    status: 'warned',
    text: expect.stringMatching(/^one host does not answer; another answers 404; 2 answers {2}\(/),
  })
})

describe('when a step fails', () => {
  test('it is undone first, then the earlier ones, last first, and later ones never ran', async () => {
    const trial = new Trial()
    const steps = [
      trial.step('checkout'),
      trial.step('install'),
      trial.step('build', failing),
      trial.step('verify'),
    ]
    await expect(trial.run(steps)).rejects.toMatchObject({ code: 'build_script_missing' })
    expect(trial.done).toEqual([
      'run checkout',
      'run install',
      'run build',
      'undo build',
      'undo install',
      'undo checkout',
    ])
    expect(trial.told('build')).toEqual(['in_progress', 'failed', 'undone'])
    expect(trial.told('verify')).toEqual([])
    expect(trial.log.filter((line) => line.endsWith('undone'))).toEqual([
      'save build undone',
      'save install undone',
      'save checkout undone',
    ])
  })

  test('an undo that fails is told, and stops none of the others', async () => {
    const trial = new Trial()
    const broken = { undo: () => Promise.reject(new Error('secret detail')) }
    const steps = [
      trial.step('checkout'),
      trial.step('install', broken),
      trial.step('build', failing),
    ]
    await expect(trial.run(steps)).rejects.toMatchObject({ code: 'build_script_missing' })
    expect(trial.done.slice(-3)).toEqual(['undo build', 'undo install', 'undo checkout'])
    expect(trial.told('install')).toEqual(['in_progress', 'completed', 'failed'])
    expect(trial.log).not.toContain('save install undone')
    const texts = trial.events.map(({ text }) => text).join('\n')
    expect(texts).toContain('could not be undone: something went wrong in the server')
    expect(texts).not.toContain('secret detail')
  })

  test('all is undone even if nothing can be written any more', async () => {
    const trial = new Trial()
    const filling = {
      run: () => {
        trial.isDiskFull = true
        return Promise.resolve({})
      },
    }
    const steps = [trial.step('checkout'), trial.step('release'), trial.step('build', filling)]
    await expect(trial.run(steps)).rejects.toMatchObject({ code: 'disk_full' })
    expect(trial.done.slice(-3)).toEqual(['undo build', 'undo release', 'undo checkout'])
  })

  test('the undo knows what was learned by then', async () => {
    const trial = new Trial()
    const seen: unknown[] = []
    await trial
      .run([
        trial.step('release', {
          run: () => Promise.resolve({ release: 7, previousRelease: 6 }),
          undo: (_context, { previousRelease }) => (seen.push(previousRelease), Promise.resolve()),
        }),
        trial.step('verify', failing),
      ])
      .catch(() => undefined)
    expect(seen).toEqual([6])
  })

  test('what failed without a reason for people is told as such, and thrown as it is', async () => {
    const trial = new Trial()
    const defect = new Error('x is not a function')
    await expect(
      trial.run([trial.step('build', { run: () => Promise.reject(defect) })]),
    ).rejects.toBe(defect)
    expect(JSON.stringify(trial.events)).not.toContain('x is not a function')
  })
})

describe('a step that takes too long', () => {
  test('is ended, told by its name, and undone', async () => {
    const trial = new Trial()
    const steps = [trial.step('checkout'), trial.step('verify', { ...endless, timeoutMs: 1 })]
    await expect(trial.run(steps)).rejects.toMatchObject({
      code: 'step_timeout',
      message: expect.stringContaining('The step verify took more than'),
    })
    expect(trial.done.slice(-2)).toEqual(['undo verify', 'undo checkout'])
  })

  test('keeps the reason that it gives itself', async () => {
    const trial = new Trial()
    const aware: Partial<AnyStep> = {
      timeoutMs: 1,
      run: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new SlipwayError('build_script_missing'))
          })
        }),
    }
    await expect(trial.run([trial.step('build', aware)])).rejects.toMatchObject({
      code: 'build_script_missing',
    })
  })
})

describe('a deployment that is cancelled', () => {
  const cancelled = new SlipwayError('push_abandoned')

  test('in the middle of a step ends it, and undoes all with the reason of the cancelling', async () => {
    const trial = new Trial()
    const began = Promise.withResolvers<void>()
    const step = trial.step('build', {
      run: (context, facts) => {
        began.resolve()
        return endless.run?.(context, facts) ?? Promise.resolve({})
      },
    })
    const running = trial.run([trial.step('checkout'), step, trial.step('verify')])
    await began.promise
    trial.controller.abort(cancelled)
    await expect(running).rejects.toBe(cancelled)
    expect(trial.done).toEqual(['run checkout', 'run build', 'undo build', 'undo checkout'])
  })

  test('between two steps begins no other', async () => {
    const trial = new Trial()
    const last = {
      run: () => {
        trial.controller.abort(cancelled)
        return Promise.resolve({})
      },
    }
    const running = trial.run([trial.step('checkout', last), trial.step('build')])
    await expect(running).rejects.toBe(cancelled)
    expect(trial.done).toEqual(['run checkout', 'undo checkout'])
  })

  test('before it began does nothing at all', async () => {
    const trial = new Trial()
    trial.controller.abort(cancelled)
    await expect(trial.run([trial.step('checkout')])).rejects.toBe(cancelled)
    expect(trial.log).toEqual([])
  })

  test('after visitors see the new release goes on to its end', async () => {
    const trial = new Trial()
    const activate = trial.step('activate', { switchesTraffic: true })
    let wasAborted = true
    const verify = trial.step('verify', {
      run: ({ signal }) => {
        trial.controller.abort(cancelled)
        wasAborted = signal.aborted
        return Promise.resolve({ verified: true as const })
      },
    })
    await expect(trial.run([activate, verify, trial.step('certificate')])).resolves.toMatchObject({
      verified: true,
    })
    expect(wasAborted).toBe(false)
    expect(trial.done).toEqual(['run activate', 'switched', 'run verify', 'run certificate'])
  })

  test('while a switch is made that can not be stopped undoes it all the same', async () => {
    const trial = new Trial()
    const activate = trial.step('activate', {
      switchesTraffic: true,
      run: () => {
        trial.controller.abort(cancelled)
        return Promise.resolve({ activated: true as const })
      },
    })
    await expect(trial.run([activate, trial.step('verify')])).rejects.toBe(cancelled)
    expect(trial.done).toEqual(['run activate', 'undo activate'])
  })

  test('while the switch is made undoes it', async () => {
    const trial = new Trial()
    const activate = trial.step('activate', { ...endless, switchesTraffic: true })
    const running = trial.run([activate])
    trial.controller.abort(cancelled)
    await expect(running).rejects.toBe(cancelled)
    expect(trial.done).toEqual(['run activate', 'undo activate'])
  })
})

describe('the place among the builds', () => {
  const building = { needsBuildSlot: () => true }

  test('is held from the first step that needs it to the last, and no longer', async () => {
    const trial = new Trial()
    const held: number[] = []
    const look = {
      run: () => {
        held.push(trial.slots.held)
        return Promise.resolve({})
      },
    }
    await trial.run([
      trial.step('checkout', look),
      trial.step('install', { ...building, ...look }),
      trial.step('build', { ...building, ...look }),
      trial.step('release', look),
    ])
    expect(held).toEqual([0, 1, 1, 0])
    expect(trial.slots).toEqual({ taken: 1, held: 0 })
  })

  test('is not taken by plain files', async () => {
    const trial = new Trial()
    const step = trial.step('build', { needsBuildSlot: ({ plan }) => plan.kind === 'node' })
    const plan = {
      kind: 'static',
      outputDir: '.',
      isReadWhole: true,
      spaFallback: false,
      toldAs: '',
    } as const
    await trial.run([step], { plan })
    expect(trial.slots.taken).toBe(0)
  })

  test('is given back before anything is undone, also at the end of the list', async () => {
    for (const last of [building, {}]) {
      const trial = new Trial()
      const held: number[] = []
      const undo = (): Promise<void> => {
        held.push(trial.slots.held)
        return Promise.resolve()
      }
      const steps = [
        trial.step('install', { ...building, undo }),
        trial.step('build', { ...failing, ...last, undo }),
      ]
      await expect(trial.run(steps)).rejects.toThrow()
      expect(held).toEqual([0, 0])
      expect(trial.slots).toEqual({ taken: 1, held: 0 })
    }
  })

  test('is given back by one that succeeds with a build as its last step', async () => {
    const trial = new Trial()
    await trial.run([trial.step('build', building)])
    expect(trial.slots).toEqual({ taken: 1, held: 0 })
  })

  test('is given back by one that is cancelled or takes too long', async () => {
    for (const timeoutMs of [1, 60_000]) {
      const trial = new Trial()
      const running = trial.run([trial.step('build', { ...building, ...endless, timeoutMs })])
      const ended = expect(running).rejects.toThrow()
      if (timeoutMs > 1) setImmediate(() => trial.controller.abort(new Error('cancelled')))
      await ended
      expect(trial.slots).toEqual({ taken: 1, held: 0 })
    }
  })

  test('that could not be had lets no step of it begin', async () => {
    const trial = new Trial()
    const leaving = {
      run: () => {
        queueMicrotask(() => trial.controller.abort(new Error('gone')))
        return Promise.resolve({})
      },
    }
    await expect(
      trial.run([trial.step('checkout', leaving), trial.step('build', building)]),
    ).rejects.toThrow('gone')
    expect(trial.done).toEqual(['run checkout', 'undo checkout'])
    expect(trial.slots.held).toBe(0)
  })
})
