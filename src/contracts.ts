/**
 * What the core asks of the machine, with the promises in prose. The rooms of the machine implement
 * these; `slipway.ts` joins them; tests may stand in for them, and for nothing else.
 */
export * from './contracts/build.ts'
export * from './contracts/certificates.ts'
export * from './contracts/domains.ts'
export * from './contracts/generate.ts'
export * from './contracts/git.ts'
export * from './contracts/sandboxed-processes.ts'
export * from './contracts/platform.ts'
export * from './contracts/sites.ts'
export * from './contracts/store.ts'
