/** What a pusher reads while a deployment runs. */
import { expect, test } from 'vitest'
import type { DeploymentEvent } from '../../src/domain/deployment.ts'
import { ProgressLines, showLive } from '../../src/domain/progress-lines.ts'
import { newEvent } from '../tools/store.ts'

type Step = DeploymentEvent['step']
type Status = DeploymentEvent['status']

function event(step: Step, status: Status, text = ''): DeploymentEvent {
  return { ...newEvent(text, { step, status, stream: null }), seq: 1, at: new Date() }
}

/** A line that a tool printed. */
function printed(text: string, stream: 'stdout' | 'stderr' = 'stdout'): DeploymentEvent {
  return { ...event('build', 'in_progress', text), stream }
}

function show(...events: readonly DeploymentEvent[]): readonly string[] {
  const lines = new ProgressLines()
  return events.flatMap((one) => lines.show(one))
}

test('a step is one line when it has ended, with what it did', () => {
  expect(
    show(
      event('checkout', 'in_progress'),
      event('checkout', 'completed', '42 files, 1.2 MB  (0.1 s)'),
      event('verify', 'warned', 'only the first 200  (0.2 s)'),
      event('build', 'failed', 'npm run build ended with exit code 1.  (3.0 s)'),
      event('checkout', 'undone'),
    ),
  ).toEqual([
    '  ✓ checkout    42 files, 1.2 MB  (0.1 s)',
    '  ! verify      only the first 200  (0.2 s)',
    '  ✗ build       npm run build ended with exit code 1.  (3.0 s)',
    '  ↩ checkout',
  ])
})

test('a step that had nothing to do is not shown', () => {
  expect(show(event('install', 'skipped', 'plain files  (0.0 s)'))).toEqual([])
})

test("a tool's own lines stand indented below the step", () => {
  expect(
    show(
      event('build', 'in_progress'),
      printed('vite v8 building'),
      printed(''),
      printed('a warning', 'stderr'),
      event('build', 'in_progress', 'a line of our own'),
    ),
  ).toEqual(['      vite v8 building', '', '      a warning', '      a line of our own'])
})

test('one who waits reads how many are ahead, and nothing where nobody is', () => {
  expect(show(event('queue', 'queued', 'v3 is queued'))).toEqual([])
  expect(show(event('queue', 'queued', '2 ahead of you'))).toEqual(['  … 2 ahead of you'])
})

test('the last word stands alone', () => {
  expect(showLive('v12 live: http://shop.localhost  (4.1 s)')).toEqual([
    '',
    '  v12 live: http://shop.localhost  (4.1 s)',
    '',
  ])
})

test('a failure ends with the reason and what to do', () => {
  const lines = new ProgressLines()
  expect(lines.showFailure({ message: 'It failed.', hint: 'Mend it.' })).toEqual([
    '',
    '  It failed.',
    '  Mend it.',
    '',
  ])
  expect(lines.showFailure({ message: 'It failed.', hint: '' })).toEqual(['', '  It failed.', ''])
})

test('the end of a long output is shown again, of the failing tool only', () => {
  const lines = new ProgressLines()
  const print = (count: number, name: string): void => {
    lines.show(event('build', 'in_progress'))
    for (let line = 1; line <= count; line += 1) {
      lines.show(printed(`${name} ${line}`))
    }
  }
  print(500, 'install')
  print(500, 'build')
  const shown = lines.showFailure({ message: 'It failed.', hint: '' })
  expect(shown).toContain('  The last lines:')
  expect(shown).toContain('      build 500')
  expect(shown).not.toContain('      build 400')
  expect(shown.join()).not.toContain('install')

  print(3, 'short')
  expect(lines.showFailure({ message: 'It failed.', hint: '' })).toEqual(['', '  It failed.', ''])
})
