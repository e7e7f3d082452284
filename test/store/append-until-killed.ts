// A program for one test: appends to a log without end, and says each number once it is given.
import { writeSync } from 'node:fs'
import { newEvent, newProject, openStores } from '../tools/store.ts'

const { projects, events } = openStores(process.argv[2] ?? '')
const project = newProject()
projects.create(project)
for (;;) {
  const [event] = events.append(project.id, [newEvent('line')])
  writeSync(1, `${event?.seq}\n`)
}
