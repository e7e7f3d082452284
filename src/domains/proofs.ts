/**
 * What a project's owner puts into a zone: made from the project and the host by a key that only
 * this server has. So it can be told to who may not have the host yet, it is the same whenever the
 * domain is added again, and no project can make that of another, or of one that was before it.
 */
import { createHmac, hkdfSync } from 'node:crypto'
import type { HostName } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'

export type TokenOf = (project: Pick<Project, 'id' | 'createdAt'>, host: HostName) => string

const tokenLength = 32

export function createProofs(secretKey: Buffer): TokenOf {
  const key = Buffer.from(hkdfSync('sha256', secretKey, '', 'slipway domains', 32))
  return ({ id, createdAt }, host) =>
    createHmac('sha256', key)
      .update(`${id}\0${createdAt.getTime()}\0${host}`)
      .digest('base64url')
      .slice(0, tokenLength)
}
