/**
 * What was seen of a domain becomes a verdict and the findings of the doctor: what is good, what is
 * wrong, what was found there, and what to set instead. Pure.
 */
import type { CertificateState, DomainFinding, DomainProblem, WantedRecord } from '../contracts.ts'
import { findCaaProblem, showCaa } from './caa.ts'
import type { Looked } from './look-up.ts'
import { type Observation, type Probe, valuesOf } from './observe.ts'
import { pointingRecords, proofName, proofRecord, proofValue, type WantedParts } from './records.ts'

export interface Judged {
  /** Null: it stands. */
  readonly proof: DomainProblem | null
  /** Null: visitors come here. */
  readonly pointing: DomainProblem | null
  readonly caa: DomainProblem | null
  readonly findings: readonly DomainFinding[]
}

export interface Expected extends WantedParts {
  /** What CAA records call the authority; null where we do not know it. */
  readonly authority: string | null
  /** False where who signs certificates reads no CAA records. */
  readonly isCaaRead: boolean
  readonly certificate: CertificateState
}

export function judge(seen: Observation, expected: Expected): Judged {
  const proof = judgeProof(seen, expected)
  const pointing = judgePointing(seen, expected)
  const caa = judgeCaa(seen, expected)
  const judged = { seen, expected, pointing }
  const findings: readonly DomainFinding[] = [
    toFinding('TXT', proof, {
      found: valuesOf(seen.texts).map(showText),
      records: [proofRecord(expected)],
    }),
    findAlias(judged),
    findAddresses('A', judged),
    findAddresses('AAAA', judged),
    findAnswers(seen, pointing),
    toFinding('CAA', caa, {
      found: valuesOf(seen.caa.looked).map(showCaa),
      records: caaRecords(seen, expected),
    }),
    findCertificate(expected),
  ]
  return { proof, pointing, caa, findings }
}

interface Pointing {
  readonly seen: Observation
  readonly expected: Expected
  readonly pointing: DomainProblem | null
}

function judgeProof({ texts }: Observation, { host, token }: Expected): DomainProblem | null {
  const name = proofName(host)
  if (texts.outcome === 'none') return missing(`there is no TXT record ${name}`)
  if (texts.outcome === 'failed') return unknown(`${name} can not be looked up (${texts.problem})`)
  if (texts.values.includes(proofValue(token))) return null
  const other = texts.values.find((value) => value.startsWith(proofValue('')))
  return wrong(
    other === undefined
      ? `the TXT record ${name} says "${showText(texts.values[0])}"`
      : `the TXT record ${name} is that of another project`,
  )
}

function judgePointing(seen: Observation, { host }: Expected): DomainProblem | null {
  const { alias, ipv4, ipv6, probes } = seen
  if (ipv4.outcome === 'none' && ipv6.outcome === 'none') {
    const [target] = valuesOf(alias)
    return target === undefined
      ? missing(`there is no A, AAAA or CNAME record ${host}`)
      : wrong(`${host} leads to ${target}, which has no address`)
  }
  const failed = [ipv4, ipv6].find((looked) => looked.outcome === 'failed')
  if (failed !== undefined) return unknown(`${host} can not be looked up (${failed.problem})`)
  // The domain is not proved, so nobody was asked; that is problem enough.
  if (probes === null) return null
  const elsewhere = probes.filter(({ outcome }) => outcome === 'other' || outcome === 'private')
  if (elsewhere.length > 0) return wrong(elsewhere.map(describeProbe).join('; '))
  if (probes.some(isHere)) return null
  return unknown(probes.map(describeProbe).join('; '))
}

function judgeCaa({ caa }: Observation, expected: Expected): DomainProblem | null {
  const { looked, at } = caa
  if (!expected.isCaaRead || looked.outcome === 'none') return null
  // RFC 8659, section 3: an authority that gets no answer issues nothing.
  if (looked.outcome === 'failed') {
    return unknown(`the CAA records of ${at} can not be looked up (${looked.problem})`)
  }
  const problem = findCaaProblem(looked.values, expected.authority)
  return problem === null ? null : wrong(`the CAA record of ${at}: ${problem}`)
}

function findAlias({ seen: { alias }, expected, pointing }: Pointing): DomainFinding {
  const [target] = valuesOf(alias)
  const records = pointingRecords(expected).filter(({ type }) => type === 'CNAME')
  const isNeeded = isAmiss(pointing) && records.length > 0
  if (target === undefined) {
    const problem = isNeeded ? missing('there is none') : toFailure(alias)
    return toFinding('CNAME', problem, { records })
  }
  // Where it leads on is what counts: it may be another name of this server.
  const problem = isNeeded && target !== expected.target ? wrong(`it leads to ${target}`) : null
  return toFinding('CNAME', problem, { found: [target], records })
}

function findAddresses(what: 'A' | 'AAAA', judged: Pointing): DomainFinding {
  const { seen, expected, pointing } = judged
  const looked = what === 'A' ? seen.ipv4 : seen.ipv6
  const found = valuesOf(looked)
  const records = pointingRecords(expected).filter(({ type }) => type === what)
  const probes = (seen.probes ?? []).filter(({ address }) => found.includes(address))
  const bad = probes.filter((probe) => !isHere(probe))
  if (bad.length === 0) {
    const isMissing = looked.outcome === 'none' && isAmiss(pointing) && records.length > 0
    return toFinding(what, isMissing ? missing('there is none') : toFailure(looked), {
      found,
      records,
    })
  }
  const words = bad.map(describeProbe).join('; ')
  if (bad.every(({ outcome }) => outcome === 'silent')) {
    return toFinding(what, unknown(words), { found, records })
  }
  // One that is left over from elsewhere is asked first by many.
  const isLeft = records.length === 0 && seen.alias.outcome !== 'found'
  const problem = isLeft ? `${words}; take the ${what} record away` : words
  return toFinding(what, wrong(problem), { found, records })
}

function isAmiss(pointing: DomainProblem | null): boolean {
  return pointing !== null && pointing.kind !== 'unknown'
}

function findAnswers({ probes }: Observation, pointing: DomainProblem | null): DomainFinding {
  if (probes === null) {
    return toFinding('port 80', unknown('it is asked once the TXT record is there'))
  }
  const found = probes.map(({ address, outcome, said }) => {
    const words = { ours: 'this server', assumed: 'this server, not asked', private: 'private' }
    return `${address}: ${outcome === 'other' || outcome === 'silent' ? said : words[outcome]}`
  })
  return toFinding('port 80', pointing, { found })
}

function caaRecords({ caa }: Observation, { authority }: Expected): readonly WantedRecord[] {
  if (authority === null) return []
  const value = `0 issue "${authority}"`
  return [{ type: 'CAA', name: caa.at, value, purpose: `Lets ${authority} issue certificates.` }]
}

function findCertificate({ certificate }: Expected): DomainFinding {
  const { state, notAfter, reason, nextTry } = certificate
  const found = notAfter === null ? [] : [`until ${notAfter.toISOString()}`]
  if (state === 'none' && reason === null) {
    return toFinding('certificate', null, { found })
  }
  if (state === 'valid' && reason === null) return toFinding('certificate', null, { found })
  const when = nextTry === null ? '' : `; next try ${nextTry.toISOString()}`
  return toFinding('certificate', unknown(`${reason ?? 'it is on its way'}${when}`), { found })
}

/** `records` are told only where they would help. */
function toFinding(
  what: DomainFinding['what'],
  problem: DomainProblem | null,
  { found = [], records = [] }: Partial<Pick<DomainFinding, 'found' | 'records'>> = {},
): DomainFinding {
  if (problem === null) {
    const outcome = found.length === 0 ? 'none' : 'good'
    return { what, outcome, found, problem: null, records: [] }
  }
  const { kind, text } = problem
  return { what, outcome: kind, found, problem: text, records: kind === 'unknown' ? [] : records }
}

function toFailure(looked: Looked<unknown>): DomainProblem | null {
  return looked.outcome === 'failed' ? unknown(`it can not be looked up (${looked.problem})`) : null
}

function isHere({ outcome }: Probe): boolean {
  return outcome === 'ours' || outcome === 'assumed'
}

function describeProbe({ address, outcome, said }: Probe): string {
  if (outcome === 'private')
    return `${address} is a private address, which nobody outside can visit`
  if (outcome === 'silent') return `${address} does not answer by HTTP (${said})`
  return `what answers at ${address} is not this server (${said})`
}

/** From a zone that may be anybody's. */
function showText(text: string): string {
  const plain = text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?')
  return plain.length > 80 ? `${plain.slice(0, 80)}…` : plain
}

function missing(text: string): DomainProblem {
  return { kind: 'missing', text }
}

function wrong(text: string): DomainProblem {
  return { kind: 'wrong', text }
}

function unknown(text: string): DomainProblem {
  return { kind: 'unknown', text }
}
