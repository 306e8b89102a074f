import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { ChangePassword } from "@/components/account/change-password";

export const metadata: Metadata = { title: "Password" };

export default function PasswordPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.account.password.queryKey({}), await api.account.password({}))
			}
		>
			<ChangePassword />
		</Filled>
	);
}
