/** The lists of steps, to be read from top to bottom: what happens, and in which order. */
import type { DeploymentTrigger } from '../domain/deployment.ts'
import { type AnyStep, type Facts, Pipeline, type Step } from './step.ts'

/** One of each step, made by `slipway.ts` out of the machine's rooms. */
export interface Steps {
  readonly plan: Step<'commit', 'plan'>
  readonly checkout: Step<'commit' | 'plan', 'sourceDir'>
  readonly generate: Step<'plan' | 'sourceDir', 'generated'>
  readonly install: Step<'sourceDir' | 'plan', 'modulesDir'>
  readonly build: Step<'commit' | 'sourceDir' | 'plan' | 'modulesDir', 'output' | 'spaFallback'>
  readonly welcome: Step<never, 'generated' | 'output' | 'spaFallback'>
  readonly release: Step<'output' | 'spaFallback' | 'generated', 'release' | 'previousRelease'>
  readonly vhost: Step<'release' | 'previousRelease' | 'generated', 'hosts'>
  readonly vhostAgain: Step<'release' | 'hosts', never>
  readonly activate: Step<'release' | 'previousRelease' | 'hosts', 'activated'>
  readonly certificate: Step<'hosts', never>
  readonly verify: Step<'release' | 'hosts' | 'activated', 'verified'>
}

export interface Pipelines {
  /** A release that exists already becomes the live one. */
  readonly relink: readonly AnyStep[]
  /** A commit becomes a live site. */
  readonly deploy: readonly AnyStep[]
  /** A new project gets its first page. */
  readonly welcome: readonly AnyStep[]
}

export function createPipelines(steps: Steps): Pipelines {
  return {
    relink: new Pipeline<'release' | 'previousRelease' | 'hosts'>()
      .step(steps.vhostAgain)
      .step(steps.activate)
      .step(steps.certificate)
      .step(steps.verify).steps,
    deploy: new Pipeline<'commit'>()
      .step(steps.plan)
      .step(steps.checkout)
      .step(steps.generate)
      .step(steps.install)
      .step(steps.build)
      .step(steps.release)
      .step(steps.vhost)
      .step(steps.activate)
      .step(steps.certificate)
      .step(steps.verify).steps,
    welcome: new Pipeline()
      .step(steps.welcome)
      .step(steps.release)
      .step(steps.vhost)
      .step(steps.activate)
      .step(steps.verify).steps,
  }
}

/** The steps of a deployment, by what is known when it begins. */
export function stepsOf(
  pipelines: Pipelines,
  trigger: DeploymentTrigger,
  initial: Partial<Facts>,
): readonly AnyStep[] {
  if (initial.release !== undefined) return pipelines.relink
  return trigger === 'welcome' ? pipelines.welcome : pipelines.deploy
}
