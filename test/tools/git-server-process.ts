/** A server of one repository in a process of its own, so that its memory can be measured. */
import { startGitServer } from './git-server.ts'

const server = await startGitServer()
await server.addProject()
process.on('message', () => {
  process.send?.({ peakBytes: process.resourceUsage().maxRSS * 1024 })
})
process.on('disconnect', () => {
  void server[Symbol.asyncDispose]().then(() => process.exit(0))
})
process.send?.({ remote: server.remote() })
