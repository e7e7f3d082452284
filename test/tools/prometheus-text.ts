/** The text format of Prometheus (0.0.4), read strictly: what is not exactly so is an error. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly type: string
  readonly help: string
  readonly samples: readonly Sample[]
}

export function parsePrometheusText(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>()
  const seen = new Set<string>()
  let current = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line)
    const type =
      /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line)
    if (line === '') continue
    else if (help !== null) {
      current = help[1] ?? ''
      if (families.has(current)) throw new Error(`${current} is told twice`)
      families.set(current, { type: '', help: help[2] ?? '', samples: [] })
    } else if (type !== null) {
      const family = families.get(type[1] ?? '')
      if (type[1] !== current || family?.type !== '') throw new Error(`out of place: ${line}`)
      family.type = type[2] ?? ''
    } else {
      const sample = parseSample(line)
      const family = families.get(current)
      if (family === undefined || !belongs(sample.name, current, family.type)) {
        throw new Error(`out of place: ${line}`)
      }
      const key = line.slice(0, line.lastIndexOf(' '))
      if (seen.has(key)) throw new Error(`twice: ${key}`)
      seen.add(key)
      family.samples.push(sample)
    }
  }
  for (const [name, family] of families) checkFamily(name, family)
  return families
}

/** The value of the one sample that has exactly these labels. */
export function valueOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const key = describeLabels(labels)
  return [...families.values()]
    .flatMap(({ samples }) => samples)
    .find((one) => one.name === name && describeLabels(one.labels) === key)?.value
}

function describeLabels(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(
    Object.keys(labels)
      .toSorted()
      .map((name) => [name, labels[name]]),
  )
}

function parseSample(line: string): Sample {
  const found =
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|-?[0-9.]+(?:e[+-]?[0-9]+)?)$/.exec(line)
  if (found === null) throw new Error(`no sample: ${line}`)
  const [, name = '', inner = '', value = ''] = found
  const pairs = [...inner.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/g)]
  if (pairs.map(([whole]) => whole).join('') !== inner) throw new Error(`no labels: ${line}`)
  const labels = Object.fromEntries(pairs.map(([, key = '', text = '']) => [key, text]))
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) }
}

function belongs(name: string, family: string, type: string): boolean {
  if (type === 'histogram')
    return ['_bucket', '_sum', '_count'].some((end) => name === family + end)
  if (type === 'summary') return ['', '_sum', '_count'].some((end) => name === family + end)
  return name === family && type !== ''
}

/** Buckets grow, and the last one, of all, is the count. */
function checkFamily(name: string, { type, samples }: Family): void {
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0)))
    throw new Error(`${name} < 0`)
  if (type !== 'histogram') return
  const series = new Map<string, number[]>()
  for (const {
    name: part,
    labels: { le, ...labels },
    value,
  } of samples) {
    const key = JSON.stringify(labels)
    const known = series.get(key) ?? []
    if (part.endsWith('_bucket') && le === undefined)
      throw new Error(`${name} has a bucket of no size`)
    if (part.endsWith('_bucket') || part.endsWith('_count')) series.set(key, [...known, value])
  }
  for (const values of series.values()) {
    const isGrowing = values.every((value, index) => value >= (values[index - 1] ?? 0))
    if (!isGrowing || values.at(-1) !== values.at(-2)) throw new Error(`${name} does not add up`)
  }
}
