/** `slipway projects`: all of them. */
import { colourStatus } from '../colours.ts'
import { type CommandRow, writeJson } from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { readText } from '../json.ts'
import { readNewest } from '../shapes.ts'
import { showAgo } from '../show-time.ts'
import { renderTable } from '../table.ts'

export const projects: CommandRow = {
  usage: 'projects',
  group: 'Look:',
  summary: 'lists the projects',
  examples: [
    ['projects', 'a table'],
    ['projects --json', '{"results": […], "next": null}'],
  ],
  run: async (call) => {
    const { session, terminal, now } = call
    const api = await session.connect()
    const found = await api.list('/projects/')
    if (call.isJson) {
      writeJson(call, { results: found, next: null })
      return exitCodes.done
    }
    if (found.length === 0) terminal.err('There is no project yet. Run: slipway create NAME\n')
    else {
      const rows = found.map((project) => {
        const newest = readNewest(project)
        return [
          readText(project, 'slug'),
          readText(project, 'name'),
          colourStatus(readText(project, 'status') ?? ''),
          newest === null ? null : `v${newest.number} ${newest.status}`,
          showAgo(newest?.finishedAt ?? newest?.createdAt ?? null, now),
          readText(project, 'frontend_url'),
        ]
      })
      const head = ['project', 'name', 'status', 'newest', 'when', 'live at']
      terminal.out(renderTable(head, rows, terminal.paintOut))
    }
    return exitCodes.done
  },
}
