/** The README's tables, made from the code. Pure but for the routes, which are read from files. */
import { limits, readConfig, settings } from '../../src/config.ts'
import { stepNames } from '../../src/domain/deployment.ts'
import { errorTable } from '../../src/domain/error-table.ts'
import { isErrorCode, SlipwayError } from '../../src/domain/errors.ts'
import { frameworkRows } from '../../src/domain/frameworks.ts'
import { reservedSlugs } from '../../src/domain/names.ts'
import { pushOptionNames } from '../../src/domain/push.ts'
import { reservedVariables } from '../../src/domain/variables.ts'
import { toProblem } from '../../src/http/problem.ts'
import { readBuildVariables } from './read-build-variables.ts'
import { readRoutes } from './read-routes.ts'
import {
  buildVariableWords,
  kindWords,
  limitWords,
  pushOptionWords,
  refRows,
  routeWords,
  settingsWithoutEffect,
  settingWords,
  slipwayFileWords,
  stepWords,
} from './words.ts'

/** Name of the markers in the README → what stands between them. */
export async function makeSections(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['settings', makeSettings()],
    ['routes', makeRoutes(await readRoutes())],
    [
      'refs',
      table(
        ['push', 'what happens'],
        refRows.map(([shown, , , does]) => [shown, does]),
      ),
    ],
    ['push options', makePushOptions()],
    [
      'steps',
      table(
        ['step', 'what it does'],
        stepNames.map((name) => [code(name), stepWords[name]]),
      ),
    ],
    ['limits', makeLimits()],
    ['build environment', makeBuildVariables()],
    ['slipway.json', makeSlipwayFile()],
    ['frameworks', makeFrameworks()],
    [
      'reserved names',
      [...reservedSlugs]
        .filter((name) => name !== '_')
        .map(code)
        .join(' '),
    ],
    ['reserved variables', reservedVariables.map(code).join(' ')],
    ['errors', makeErrors()],
  ])
}

function makeSettings(): string {
  const names = Object.keys(settings).filter(
    (name) => name in settings,
  ) as (keyof typeof settings)[]
  return table(
    ['name', 'default', 'may be', 'meaning'],
    names.map((name) => {
      const { fallback, expected } = settings[name]
      const effect = name in settingsWithoutEffect ? ' *No effect yet.*' : ''
      return [
        code(name),
        fallback === '' ? '' : code(fallback),
        expected,
        settingWords[name] + effect,
      ]
    }),
  )
}

function makeRoutes(rows: readonly { method: string; path: string; access: string }[]): string {
  return table(
    ['route', 'token', ''],
    rows
      .toSorted(byPath)
      .map(({ method, path, access }) => [
        code(`${method} ${path.replace('/api/v1/runtime', '').replace(/:(\w+)/g, '{$1}')}`),
        access === 'public' ? 'none' : access,
        routeWords[`${method} ${path}`] ?? '',
      ]),
  )
}

type Route = Parameters<typeof makeRoutes>[0][number]

function byPath(a: Route, b: Route): number {
  return `${a.path} ${a.method}` < `${b.path} ${b.method}` ? -1 : 1
}

function makePushOptions(): string {
  return table(
    ['option', 'what happens'],
    pushOptionNames.map((name) => [code(`-o ${name}`), pushOptionWords[name]]),
  )
}

function makeLimits(): string {
  return table(
    ['limit', 'of', 'name in `limits.ts`'],
    Object.entries(limits).map(([name, value]) => [
      showLimit(name, value),
      limitWords[name as keyof typeof limits],
      code(name),
    ]),
  )
}

/** The unit is in the name, as everywhere. */
export function showLimit(name: string, value: number): string {
  if (/Bytes(?:Max|Min)$/.test(name)) {
    const units = ['bytes', 'KB', 'MB', 'GB'] as const
    let [size, unit] = [value, 0]
    while (size >= 1024 && size % 1024 === 0 && unit < units.length - 1) {
      size /= 1024
      unit += 1
    }
    return `${size} ${units[unit] ?? ''}`
  }
  if (name.endsWith('Ms')) {
    return value % 3_600_000 === 0 ? `${value / 3_600_000} h` : `${value / 1_000} s`
  }
  return value.toLocaleString('en').replaceAll(',', ' ')
}

function makeBuildVariables(): string {
  return table(
    ['variable', 'is'],
    readBuildVariables(readConfig({}, 2)).map((name) => [
      code(name),
      buildVariableWords[name] ?? '',
    ]),
  )
}

function makeSlipwayFile(): string {
  return table(
    ['key', 'for example', ''],
    Object.entries(slipwayFileWords).map(([key, [example, words]]) => [code(key), example, words]),
  )
}

function makeFrameworks(): string {
  return table(
    ['dependency', 'is taken for', 'built by, without a `build` script', 'output', 'base path'],
    frameworkRows.map((row) => {
      const given = row.baseFlag ?? row.baseVariable
      return [
        code(row.dependency),
        row.name,
        code(row.build.join(' ')),
        row.outputs.map(code).join(' '),
        given === undefined ? row.baseSetting : `${code(given)}, which is given`,
      ]
    }),
  )
}

/** One table a kind, in the order of the words; a status that is not the kind's own is named. */
function makeErrors(): string {
  return Object.entries(kindWords)
    .map(([kind, words]) => {
      const rows = Object.entries(errorTable).filter(([, row]) => row.kind === kind)
      const usual = mostFrequent(rows.map(([name]) => statusOf(name)))
      const shown = rows.map(([name, { message, hint }]) => {
        const status = statusOf(name)
        const note = status === usual ? '' : ` (${status})`
        return [code(name) + note, prose(message), prose(hint)]
      })
      const head = ['code', 'says', 'what to do']
      return `#### ${words} (HTTP ${usual})\n\n${table(head, shown)}`
    })
    .join('\n\n')
}

function mostFrequent(values: readonly number[]): number {
  const count = (wanted: number): number => values.filter((value) => value === wanted).length
  return values.toSorted((a, b) => count(b) - count(a))[0] ?? 0
}

function statusOf(name: string): number {
  if (!isErrorCode(name)) throw new Error(`no code: ${name}`)
  return toProblem(new SlipwayError(name), '').status
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')
}

function code(text: string): string {
  return `\`${text}\``
}

/** Text of the error table, in which nothing is meant as Markdown. */
function prose(text: string): string {
  return text.replace(/[\\`*_<>[\]]/g, '\\$&')
}
