/**
 * The confirmation window as tests handle it by its calls, where no page is needed.
 * @module
 */
import { answerSchema, type Answer } from '../../../src/shared/contract/bridge.ts';
import {
  confirmChannels,
  type ConfirmChannel,
  type ConfirmInput,
  type ConfirmOutput,
} from '../../../src/shared/contract/confirm.ts';
import { CONFIRM_IPC_PREFIX } from '../../../src/shared/contract/confirmNames.ts';
import type { ItemView } from '../../../src/shared/contract/model.ts';
import type { Program } from './standin/program.ts';
import type { Caller } from './standin/run.ts';

/** The window, once one is open. */
export async function opened(program: Program): Promise<{ id: number; url: string; preload: string }> {
  for (;;) {
    const child = await program.ask('child');
    if (child !== null && child.url !== '') return child;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A call of its page. */
export async function callWindow(
  program: Program,
  channel: ConfirmChannel,
  input: unknown,
  caller: Caller = 'page',
): Promise<Answer> {
  return answerSchema.parse(
    await program.ask('childInvoke', `${CONFIRM_IPC_PREFIX}${channel}`, input, caller),
  );
}

/** As above, where it must be answered. */
export async function outputOf<C extends ConfirmChannel>(
  program: Program,
  channel: C,
  input: ConfirmInput<C>,
): Promise<ConfirmOutput<C>> {
  const answer = await callWindow(program, channel, input);
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return confirmChannels[channel].output.parse(answer.output) as ConfirmOutput<C>;
}

/** A draft of one file, as the page hands it over. */
export async function draftIn(program: Program, name: string, text: string): Promise<ItemView> {
  const purpose = name.endsWith('.csv') ? 'assessments' : 'document';
  const sizeBytes = Buffer.byteLength(text);
  const { uploadId } = await program.output('upload.begin', { name, mediaType: '', sizeBytes, purpose });
  const data = Buffer.from(text).toString('base64');
  await program.output('upload.chunk', { uploadId, offsetBytes: 0, data });
  return await program.output('upload.finish', { uploadIds: [uploadId] });
}

/** Unlocks the key as a person does: asked for by the page, answered in the window. The page's answer, or the window's. */
export async function unlock(program: Program, passphrase: string): Promise<Answer> {
  const asked = program.call('key.unlock', { passphrase: null });
  await opened(program);
  const confirmed = await callWindow(program, 'confirm', { ids: [], passphrase, later: false });
  if (!confirmed.ok) await callWindow(program, 'cancel', {});
  const answer = await asked;
  return confirmed.ok ? answer : confirmed;
}
