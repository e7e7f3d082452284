import { expect, test } from 'vitest'
import type { CertificateName } from '../../src/certificates/names.ts'
import { requirePublicName } from '../../src/certificates/public-name.ts'

test.each(['example.org', 'shop.example.co.uk', '*.apps.example.org', 'me.github.io'])(
  '%s may be asked for',
  (name) => {
    expect(() => {
      requirePublicName(name as CertificateName)
    }).not.toThrow()
  },
)

test.each(['localhost', 'deploy.localhost', 'apps.test', '*.apps.internal', 'co.uk', 'github.io'])(
  '%s is asked of nobody, and whoever set it is told what to set',
  (name) => {
    expect(() => {
      requirePublicName(name as CertificateName)
    }).toThrow(/no public authority signs .+ set FRONTEND_DOMAIN/)
  },
)
