/** The first push of a Vite and React app, from a project's creation to the page at a visitor. */
import { cp } from 'node:fs/promises'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'

const viteApp = resolve(import.meta.dirname, '../fixtures/vite-react')

let server: SlipwayServer
beforeAll(async () => {
  server = await startSlipwayServer()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

test('a pushed Vite app is built, and live when git push returns', async () => {
  const copy = await server.createWorkingCopy('first')
  await cp(viteApp, copy.dir, { recursive: true })
  await copy.git('add', '-A')
  await copy.git('commit', '-qm', 'the app')
  const pushed = await copy.push()
  expect(pushed.stderr).toMatch(/v2 live: http:\/\/first\.localhost:\d+ {2}\(\d+\.\d+ s\)/)
  expect(pushed.exitCode).toBe(0)
  const page = await server.visit('first')
  expect(page.status).toBe(200)
  expect(page.body.toString()).toContain('/assets/index-')
})
