/** `slipway domains`: the domains of a project's own, and the records that they need. */
import { projectPath } from '../api.ts'
import {
  type Call,
  type CommandRow,
  projectOption,
  readProject,
  readTextOption,
  writeJson,
} from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { isRecord, type Json, readRecord, readText } from '../json.ts'
import { toPlainLine } from '../plain-text.ts'
import { showAgo } from '../show-time.ts'
import { type Cell, renderTable } from '../table.ts'
import type { Style } from '../terminal.ts'
import { readRecords, renderZoneLines } from '../zone-lines.ts'

const group = 'Settings of a project:'

export const domains: CommandRow = {
  usage: 'domains [project]',
  group,
  summary: 'lists the domains of a project; adds, removes and checks them',
  options: [projectOption],
  examples: [
    ['domains', 'which there are, and how they are'],
    ['domains add www.example.org', 'tells the records to set'],
    ['domains check www.example.org', 'looks at them now'],
    ['domains remove www.example.org', 'it is served no more'],
  ],
  run: async (call) => {
    const { session, terminal, now } = call
    const { api, project } = await session.connectTo(readProject(call))
    const found = await api.list(projectPath(project, 'domains/'))
    if (call.isJson) {
      writeJson(call, { results: found, next: null })
      return exitCodes.done
    }
    if (found.length === 0) {
      terminal.err('It has none of its own. To add one: slipway domains add www.example.org\n')
      return exitCodes.done
    }
    const rows = found.map((domain): Cell[] => [
      showName(domain),
      showState(readText(domain, 'state') ?? ''),
      readText(domain, 'redirect_to'),
      readText(readRecord(domain, 'certificate') ?? {}, 'until')?.slice(0, 10) ?? null,
      showAgo(readText(domain, 'checked_at'), now),
    ])
    const head = ['domain', 'state', 'sends to', 'certificate until', 'checked']
    terminal.out(renderTable(head, rows, terminal.paintOut))
    for (const domain of found) tellReason(call, domain)
    return exitCodes.done
  },
}

export const domainsAdd: CommandRow = {
  usage: 'domains add <host>',
  group,
  summary: 'adds a domain, and tells the records to set where its DNS is',
  about: 'One that the project has already is looked at again, and leads where this says.',
  options: [
    projectOption,
    { flags: '--redirect-to <host>', summary: 'another domain of the project to send visitors to' },
  ],
  examples: [
    ['domains add example.org', 'the domain itself'],
    ['domains add www.example.org --redirect-to example.org', 'www leads to it'],
    ['domains add café.fr', 'in letters of any language'],
  ],
  run: async (call) => {
    const { session, terminal } = call
    const wish = { host: call.values[0] ?? '', redirect_to: readTextOption(call, 'redirectTo') }
    const { api, project } = await session.connectTo(readTextOption(call, 'project'))
    const added = await api.post(projectPath(project, 'domains/'), wish)
    if (call.isJson) {
      writeJson(call, added)
      return exitCodes.done
    }
    const host = toPlainLine(readText(added, 'host') ?? '')
    const warning = readText(added, 'warning')
    if (warning !== null) terminal.err(`${terminal.paintErr('yellow', toPlainLine(warning))}\n`)
    terminal.err(`${showName(added)} is added. Set these records where its DNS is:\n`)
    terminal.out(renderZoneLines(readRecords(added)))
    terminal.err(
      `They are looked for from now on. To look at once: slipway domains check ${host}\n`,
    )
    return exitCodes.done
  },
}

export const domainsRemove: CommandRow = {
  usage: 'domains remove <host>',
  group,
  summary: 'removes a domain; it is served no more',
  options: [projectOption],
  examples: [['domains remove www.example.org', 'its records can be taken away, too']],
  run: async (call) => {
    const host = call.values[0] ?? ''
    const { api, project } = await call.session.connectTo(readTextOption(call, 'project'))
    await api.delete(projectPath(project, `domains/${encodeURIComponent(host)}/`))
    if (call.isJson) writeJson(call, { host, deleted: true })
    else call.terminal.err(`${toPlainLine(host)} is removed. Its records can be taken away, too.\n`)
    return exitCodes.done
  },
}

export const domainsCheck: CommandRow = {
  usage: 'domains check <host>',
  group,
  summary: 'looks at a domain now: its records, where they lead, its certificate',
  about: 'For each fault it tells the record to set. It ends with 0 where the domain is live.',
  options: [projectOption],
  examples: [['domains check www.example.org', 'what is wrong, and what to set instead']],
  run: async (call) => {
    const { session, terminal } = call
    const place = `domains/${encodeURIComponent(call.values[0] ?? '')}/check`
    const { api, project } = await session.connectTo(readTextOption(call, 'project'))
    const checked = await api.post(projectPath(project, place), {})
    const domain = readRecord(checked, 'domain') ?? {}
    const isLive = readText(domain, 'state') === 'live'
    if (call.isJson) writeJson(call, checked)
    else {
      const findings = readFindings(checked)
      const rows = findings.map(({ what, outcome, found, problem }): Cell[] => {
        const words = [found.join(', '), problem ?? ''].filter((text) => text !== '')
        return [what, { text: outcome, style: outcomeStyles[outcome] ?? 'dim' }, words.join(': ')]
      })
      terminal.out(renderTable(['what', 'is', 'found'], rows, terminal.paintOut))
      const records = findings.flatMap((finding) => finding.records)
      if (records.length > 0) {
        terminal.err('\nSet these records where its DNS is:\n')
        terminal.out(renderZoneLines(records))
      }
      terminal.err(
        `\n${showName(domain)} is ${stateWords[readText(domain, 'state') ?? ''] ?? '?'}.\n`,
      )
      tellReason(call, domain)
    }
    return isLive ? exitCodes.done : exitCodes.failed
  },
}

const stateWords: Readonly<Record<string, string>> = {
  pending_dns: 'not served yet: it waits for its records',
  pending_certificate: 'served, by HTTP until its certificate is there',
  live: 'live',
  error: 'not as it should be',
}

const outcomeStyles: Readonly<Record<string, Style>> = {
  good: 'green',
  missing: 'yellow',
  wrong: 'red',
  unknown: 'yellow',
}

const stateStyles: Readonly<Record<string, Style>> = {
  live: 'green',
  pending_dns: 'yellow',
  pending_certificate: 'yellow',
  error: 'red',
}

function showState(state: string): Cell {
  return { text: state, style: stateStyles[state] ?? 'dim' }
}

/** Both forms, where they differ: `café.fr (xn--caf-dma.fr)`. */
function showName(domain: Json): string {
  const [shown, host] = [readText(domain, 'shown') ?? '', readText(domain, 'host') ?? '']
  return toPlainLine(shown === host ? host : `${shown} (${host})`)
}

function tellReason({ terminal }: Call, domain: Json): void {
  const [host, reason] = [readText(domain, 'host') ?? '', readText(domain, 'reason')]
  if (reason !== null) terminal.err(`${toPlainLine(`${host}: ${reason}`)}\n`)
}

function readFindings(checked: Json) {
  const findings = checked['findings']
  return (Array.isArray(findings) ? findings : []).filter(isRecord).map((finding) => {
    const found = finding['found']
    return {
      what: readText(finding, 'what') ?? '',
      outcome: readText(finding, 'outcome') ?? '',
      found: Array.isArray(found) ? found.filter((one) => typeof one === 'string') : [],
      problem: readText(finding, 'problem'),
      records: readRecords(finding),
    }
  })
}
