import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ApiFeature } from "@/components/procedures/api-reference";
import { readReference } from "@/server/faces/rest/openapi/reference";

type Props = { params: Promise<{ feature: string }> };

async function featureOf({ params }: Props) {
	const { feature: name } = await params;
	return readReference().features.find((one) => one.name === name) ?? notFound();
}

export async function generateMetadata(props: Props): Promise<Metadata> {
	return { title: `REST API: ${(await featureOf(props)).name}` };
}

export default async function ApiFeaturePage(props: Props) {
	return <ApiFeature reference={readReference()} feature={await featureOf(props)} />;
}
